// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/base64.hpp"

#include <array>
#include <cstdint>

namespace malla::codec {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t no_digit = 64;

constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(no_digit);
    for (std::size_t i = 0; i < digits.size(); ++i)
        table[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

/// The 24 bits of four digits; padding counts as zero. Anything above 24 bits is a mistake.
std::uint32_t group_of(std::string_view four, std::size_t padding) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::uint32_t value = i >= 4 - padding ? 0 : values[static_cast<std::uint8_t>(four[i])];
        if (value == no_digit) return ~0U;
        group = group << 6 | value;
    }
    return group;
}

std::size_t padding_of(std::string_view text) {
    if (text.ends_with("==")) return 2;
    return text.ends_with('=') ? 1 : 0;
}

} // namespace

std::string to_base64(std::span<const std::byte> bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (j < here ? std::to_integer<std::uint32_t>(bytes[i + j]) : 0);
        for (std::size_t j = 0; j < 4; ++j) text += j <= here ? digits[group >> (18 - 6 * j) & 63] : '=';
    }
    return text;
}

std::optional<std::vector<std::byte>> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (; !text.empty(); text.remove_prefix(4)) {
        const std::size_t padding = text.size() == 4 ? padding_of(text) : 0;
        const std::uint32_t group = group_of(text, padding);
        if (group >> 24 != 0 || (group & ((1U << (8 * padding)) - 1)) != 0) return std::nullopt;
        for (std::size_t j = 0; j < 3 - padding; ++j) bytes.push_back(static_cast<std::byte>(group >> (16 - 8 * j)));
    }
    return bytes;
}

} // namespace malla::codec
