// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/link.hpp"
#include "malla/chain/resolve.hpp"
#include "malla/chain/type_list.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace malla::detail {

/// One plugin object of a chain.
template <class P>
struct Holder {
    [[no_unique_address]] P object{};
};

template <class List>
struct HoldersOf;
template <class S, class... P>
struct HoldersOf<TypeList<S, P...>> : Holder<S>, Holder<P>... {
    HoldersOf() = default;
    template <class... A>
    explicit HoldersOf(std::in_place_t, A&&... arguments) : Holder<S>{S(std::forward<A>(arguments)...)} {}
};

/// One object of each plugin of service `S`, in the order of the chain.
template <class S>
struct ObjectsOf : HoldersOf<typename Resolved<S>::Type> {
    using HoldersOf<typename Resolved<S>::Type>::HoldersOf;
};

template <class C, class List>
struct Filtered;
template <class C, class... P>
struct Filtered<C, TypeList<P...>> {
    static constexpr std::size_t count = (std::size_t{0} + ... + has<typename TakesPartIn<P>::Type, C>);
    static constexpr std::array<std::size_t, count> places = [] {
        constexpr bool takes_part[] = {has<typename TakesPartIn<P>::Type, C>...};
        std::array<std::size_t, count> found{};
        for (std::size_t i = 0, to = 0; i < sizeof...(P); ++i)
            if (takes_part[i]) found[to++] = i;
        return found;
    }();
    template <std::size_t... I>
    static TypeList<TypeAt<TypeList<P...>, places[I]>...> pick(std::index_sequence<I...>);
    using Type = decltype(pick(std::make_index_sequence<count>{}));
};

/// The plugins of service `S` that take part in `C`, in the order of the chain.
template <class S, class C>
using LinksOf = Filtered<C, typename Resolved<S>::Type>;

/// What each of them does, and `answers` at the end.
template <class C, class... P>
constexpr std::array<Part, sizeof...(P) + 1> parts_of(TypeList<P...>) {
    return {part_of<P, C>..., Part::answers};
}

} // namespace malla::detail
