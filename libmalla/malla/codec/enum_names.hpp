// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>

namespace malla {

/// An enumeration with names, which are its form in JSON. They are given beside the type, by a
/// function that is found through its argument and needs the standard library only:
///
///     enum class Op { add, multiply };
///     constexpr auto enum_names(Op) { return std::array{std::pair{Op::add, "add"}, std::pair{Op::multiply,
///     "multiply"}}; }
///
/// No other value of the enumeration is read from anybody. One without names travels as its number.
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(const decltype(enum_names(E{}))& names) {
    { std::ranges::begin(names)->first } -> std::convertible_to<E>;
    { std::ranges::begin(names)->second } -> std::convertible_to<std::string_view>;
};

/// The name of `value`, empty when it has none.
template <NamedEnum E>
[[nodiscard]] constexpr std::string_view name_of(E value) noexcept {
    for (const auto& [known, name] : enum_names(E{}))
        if (known == value) return name;
    return {};
}

/// The value that is called `name`.
template <NamedEnum E>
[[nodiscard]] constexpr std::optional<E> enum_named(std::string_view name) noexcept {
    for (const auto& [value, known] : enum_names(E{}))
        if (known == name) return value;
    return std::nullopt;
}

} // namespace malla
