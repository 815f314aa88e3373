// SPDX-License-Identifier: Apache-2.0
#include "malla/base/ids.hpp"

#include <random>

namespace malla {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

} // namespace

NodeId NodeId::random() {
    std::random_device source;
    Bytes bytes;
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
        const auto word = static_cast<std::uint32_t>(source());
        for (std::size_t j = 0; j < 4; ++j) bytes[i + j] = static_cast<std::uint8_t>(word >> (8 * j));
    }
    return NodeId{bytes};
}

std::optional<NodeId> NodeId::parse(std::string_view text) noexcept {
    if (text.size() != 2 * size_bytes) return std::nullopt;
    Bytes bytes;
    for (std::size_t i = 0; i < size_bytes; ++i) {
        const auto high = digits.find(text[2 * i]);
        const auto low = digits.find(text[2 * i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return NodeId{bytes};
}

std::string NodeId::text() const {
    std::string text;
    text.reserve(2 * size_bytes);
    for (const auto byte : bytes_) {
        text += digits[byte >> 4];
        text += digits[byte & 0x0f];
    }
    return text;
}

} // namespace malla
