// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace malla {

/// A text that can be a template argument: `Callback<"square(x)", double(double)>`.
template <std::size_t Size>
struct Text {
    char characters[Size]{}; ///< with the terminating zero

    consteval Text(const char (&text)[Size]) { // implicit: written as a literal
        for (std::size_t i = 0; i < Size; ++i) characters[i] = text[i];
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {characters, Size - 1}; }
};

/// Whether `text` is a letter or underscore, then letters, digits and underscores.
constexpr bool is_identifier(std::string_view text) noexcept {
    if (text.empty()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) return false;
    }
    return true;
}

} // namespace malla
