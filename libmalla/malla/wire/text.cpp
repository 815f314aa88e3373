// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/text.hpp"

#include <algorithm>
#include <cstdint>

namespace malla::wire {

namespace {

constexpr std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
}

constexpr bool continues(std::uint8_t byte) noexcept { return (byte & 0xC0) == 0x80; }

/// The length of the character of two bytes or more at the beginning, 0 when there is none.
std::size_t long_character(std::string_view text) noexcept {
    const std::uint8_t first = byte_at(text, 0);
    const std::uint8_t second = byte_at(text, 1);
    if (!continues(second)) return 0;
    if (first >= 0xC2 && first <= 0xDF) return 2;
    if (!continues(byte_at(text, 2))) return 0;
    if (first == 0xE0) return second >= 0xA0 ? 3 : 0;
    if (first == 0xED) return second <= 0x9F ? 3 : 0;
    if (first >= 0xE1 && first <= 0xEF) return 3;
    if (!continues(byte_at(text, 3))) return 0;
    if (first == 0xF0) return second >= 0x90 ? 4 : 0;
    if (first == 0xF4) return second <= 0x8F ? 4 : 0;
    return first >= 0xF1 && first <= 0xF3 ? 4 : 0;
}

bool is_control(std::string_view text) noexcept {
    const std::uint8_t first = byte_at(text, 0);
    return first < 0x20 || first == 0x7F || (first == 0xC2 && byte_at(text, 1) < 0xA0);
}

/// How many characters at the beginning are printable ASCII, which nearly all are.
std::size_t plain_prefix(std::string_view text) noexcept {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= ' ' && text[count] <= '~') ++count;
    return count;
}

template <bool control_allowed>
bool is_text(std::string_view text) noexcept {
    while (true) {
        text.remove_prefix(plain_prefix(text));
        if (text.empty()) return true;
        if (!control_allowed && is_control(text)) return false;
        const std::size_t length = byte_at(text, 0) < 0x80 ? 1 : long_character(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
}

} // namespace

bool is_utf8(std::string_view text) noexcept { return is_text<true>(text); }

std::string as_utf8(std::string_view text) {
    std::string legal;
    while (true) {
        const std::size_t plain = plain_prefix(text);
        legal += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) return legal;
        const std::size_t length = byte_at(text, 0) < 0x80 ? 1 : long_character(text);
        legal += length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

bool is_printable(std::string_view text) noexcept { return is_text<false>(text); }

std::string_view cut(std::string_view text, std::size_t max_bytes) noexcept {
    if (text.size() <= max_bytes) return text;
    std::size_t end = max_bytes;
    while (end > 0 && continues(byte_at(text, end))) --end;
    return text.substr(0, end);
}

} // namespace malla::wire
