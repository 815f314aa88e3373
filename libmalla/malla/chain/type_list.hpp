// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace malla {

/// Types in order; only a name for them, never an object with a meaning.
template <class... T>
struct TypeList {
    static constexpr std::size_t size = sizeof...(T);
};

namespace detail {

template <class T>
struct Member {};

/// Holds each type of a list at most once: what the list has is asked by `has`.
template <class... T>
struct Members : Member<T>... {};

template <class Set, class T>
inline constexpr bool has = __is_base_of(Member<T>, Set);

template <std::size_t I, class T>
struct Indexed {
    using Type = T;
};

template <class Sequence, class... T>
struct IndexedTypes;
template <std::size_t... I, class... T>
struct IndexedTypes<std::index_sequence<I...>, T...> : Indexed<I, T>... {};

template <std::size_t I, class T>
Indexed<I, T> at(const Indexed<I, T>*);

template <class List, std::size_t I>
struct At;
template <class... T, std::size_t I>
struct At<TypeList<T...>, I> {
    using Type =
        typename decltype(at<I>(static_cast<const IndexedTypes<std::index_sequence_for<T...>, T...>*>(nullptr)))::Type;
};

/// The type at place `I` of a list.
template <class List, std::size_t I>
using TypeAt = typename At<List, I>::Type;

/// The first place of `T` in the list, or the list's size.
template <class T, class... In>
constexpr std::size_t index_of(TypeList<In...>) {
    constexpr bool same[] = {__is_same(T, In)..., true};
    std::size_t i = 0;
    while (!same[i]) ++i;
    return i;
}

/// `Known` with those of the lists behind it that it does not have yet, in the order first named.
template <class Known, class... Lists>
struct Merge {
    using Type = Known;
};
template <class Known, class... Rest>
struct Merge<Known, TypeList<>, Rest...> : Merge<Known, Rest...> {};
template <class... Known, class P, class... More, class... Rest>
struct Merge<TypeList<Known...>, TypeList<P, More...>, Rest...>
    : Merge<std::conditional_t<(__is_same(P, Known) || ...), TypeList<Known...>, TypeList<Known..., P>>,
            TypeList<More...>, Rest...> {};

} // namespace detail
} // namespace malla
