// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

namespace malla::detail {

template <std::size_t I, class T>
struct Item {
    T value;
};

template <class Sequence, class... T>
struct ItemsOf;
template <std::size_t... I, class... T>
struct ItemsOf<std::index_sequence<I...>, T...> : Item<I, T>... {};

/// Values of several types: a tuple that is flat, an aggregate, and quick to compile.
template <class... T>
using Items = ItemsOf<std::index_sequence_for<T...>, T...>;

template <std::size_t I, class T>
[[gnu::always_inline]] constexpr T& item(Item<I, T>& items) noexcept {
    return items.value;
}

} // namespace malla::detail
