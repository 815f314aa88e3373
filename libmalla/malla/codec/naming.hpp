// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/codec/shape.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <variant>

namespace malla::codec::detail {

/// A record that says what it is called: in a variant, and as the title of its description.
template <class T>
concept NamedRecord = requires {
    { T::type_name } -> std::convertible_to<std::string_view>;
};

/// The `format` that tells numbers of one JSON type apart.
template <class T>
consteval std::string_view number_format() {
    if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 4 ? "float" : "double";
    constexpr std::array<std::string_view, 4> with_sign{"int8", "int16", "int32", "int64"};
    constexpr std::array<std::string_view, 4> without{"uint8", "uint16", "uint32", "uint64"};
    constexpr std::size_t size = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return std::is_signed_v<T> ? with_sign[size] : without[size];
}

/// What an alternative of a variant is called in JSON.
template <class T>
consteval std::string_view alternative_name() {
    switch (shape<T>) {
    case Shape::nothing: return "null";
    case Shape::boolean: return "boolean";
    case Shape::text: return "string";
    case Shape::bytes: return "bytes";
    case Shape::json: return "json";
    case Shape::enumeration: return "enum";
    case Shape::tuple: return "tuple";
    case Shape::fixed:
    case Shape::list:
    case Shape::set: return "array";
    case Shape::map: return "map";
    default: break;
    }
    if constexpr (shape<T> == Shape::integer || shape<T> == Shape::real) return number_format<T>();
    else if constexpr (NamedRecord<T>) return T::type_name;
    else return {};
}

/// The names of a variant's alternatives, in their order.
template <class Variant>
inline constexpr auto alternative_names = nullptr;
template <class... Ts>
inline constexpr std::array alternative_names<std::variant<Ts...>> = [] {
    std::array<std::string_view, sizeof...(Ts)> names{alternative_name<Ts>()...};
    return names;
}();

template <class Variant>
consteval bool require_names() {
    constexpr auto names = alternative_names<Variant>;
    constexpr bool named = std::ranges::none_of(names, [](std::string_view name) { return name.empty(); });
    constexpr bool unique = std::ranges::all_of(names, [&](auto name) { return std::ranges::count(names, name) == 1; });
    static_assert(named, "malla: a class in a std::variant needs a name for JSON: give it "
                         "`static constexpr std::string_view type_name = \"...\";`");
    static_assert(unique || !named,
                  "malla: two alternatives of a std::variant have the same name in JSON: make them classes, "
                  "each with `static constexpr std::string_view type_name = \"...\";`");
    return true;
}

} // namespace malla::codec::detail
