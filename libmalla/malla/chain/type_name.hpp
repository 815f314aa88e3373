// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace malla {

namespace detail {

template <class T>
constexpr std::string_view function_text() {
    return __PRETTY_FUNCTION__;
}

// What both compilers write around the type's name is learnt from a type whose name is known.
inline constexpr std::string_view known_text = function_text<double>();
inline constexpr std::size_t text_before = known_text.find("double");
inline constexpr std::size_t text_after = known_text.size() - text_before - std::string_view{"double"}.size();

} // namespace detail

/// The name of a type with its namespaces, as the compiler writes it; needs no RTTI.
template <class T>
constexpr std::string_view type_name() {
    constexpr std::string_view text = detail::function_text<T>();
    return text.substr(detail::text_before, text.size() - detail::text_before - detail::text_after);
}

} // namespace malla
