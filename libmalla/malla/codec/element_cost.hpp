// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/codec/shape.hpp"

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace malla::codec::detail {

/// The fewest bytes in which any value of `T` is encoded.
template <class T>
consteval std::size_t least_bytes() {
    constexpr Shape kind = shape<T>;
    if constexpr (kind == Shape::boolean) return 1;
    else if constexpr (kind == Shape::integer || kind == Shape::real || kind == Shape::enumeration) return sizeof(T);
    else if constexpr (kind == Shape::optional) return 1;
    else if constexpr (kind == Shape::variant) return 4;
    else if constexpr (kind == Shape::fixed) return std::tuple_size_v<T> * least_bytes<typename T::value_type>();
    else if constexpr (kind == Shape::tuple) return []<std::size_t... I>(std::index_sequence<I...>) {
            return (std::size_t{0} + ... + least_bytes<std::tuple_element_t<I, T>>());
        }
    (std::make_index_sequence<std::tuple_size_v<T>>{});
    else if constexpr (kind == Shape::record) return std::is_empty_v<T> ? 0 : 1;
    else if constexpr (kind == Shape::nothing) return 0; else return sizeof(std::uint64_t);
}

/// What one element of a container costs: in the body at least, in memory once decoded.
struct ElementCost {
    std::size_t least_bytes;
    std::size_t memory_bytes;
};

/// Of a node of a tree or of a hash table, beside its value.
inline constexpr std::size_t node_bytes = 40;

/// Json once parsed takes at most so many times its text.
inline constexpr std::size_t json_memory_factor = 28;

template <class T>
consteval ElementCost element_cost() {
    constexpr Shape kind = shape<T>;
    if constexpr (kind == Shape::list) return {least_bytes<typename T::value_type>(), sizeof(typename T::value_type)};
    else if constexpr (kind == Shape::set)
        return {least_bytes<typename T::value_type>(), sizeof(typename T::value_type) + node_bytes};
    else if constexpr (kind == Shape::map)
        return {least_bytes<typename T::key_type>() + least_bytes<typename T::mapped_type>(),
                sizeof(typename T::value_type) + node_bytes};
    else if constexpr (kind == Shape::json) return {1, json_memory_factor};
    else return {1, kind == Shape::record ? node_bytes : 1};
}

} // namespace malla::codec::detail
