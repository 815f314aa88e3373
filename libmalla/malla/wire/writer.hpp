// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/wire/frame.hpp"
#include "malla/wire/limits.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace malla::wire {

/// Writes a number to `at` with its lowest byte first.
template <std::unsigned_integral T>
void store(char* at, T value) noexcept {
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(at, &value, sizeof value);
    } else {
        for (std::size_t i = 0; i < sizeof value; ++i) at[i] = static_cast<char>(value >> (8 * i));
    }
}

/// Appends the parts of a frame to a string. Texts must be within their limits already.
class Writer {
public:
    /// Begins a frame of `type` at the end of `out`.
    Writer(std::string& out, Type type);

    template <std::unsigned_integral T>
    void number(T value) {
        char bytes[sizeof value];
        store(bytes, value);
        out_.append(bytes, sizeof bytes);
    }
    void id(const NodeId& id) { out_.append(reinterpret_cast<const char*>(id.bytes().data()), NodeId::size_bytes); }
    void bytes(std::string_view bytes) { out_.append(bytes); }
    /// A text with a length of one byte, cut at `max`, which is at most 255.
    void name(std::string_view text, std::size_t max = max_name_bytes);
    /// A text with a length of two bytes.
    void text(std::string_view text);

    /// An optional field whose value is `value`.
    void field(std::uint8_t tag, std::string_view value);
    /// The same, left out when empty.
    void field_unless_empty(std::uint8_t tag, std::string_view value);
    void pair(std::uint8_t tag, std::string_view key, std::string_view value);
    /// Begins a field whose value is written next; `end_field` gets what this returned.
    [[nodiscard]] std::size_t begin_field(std::uint8_t tag);
    void end_field(std::size_t begin) noexcept;

    /// Ends the header: what follows is the body.
    void end_header() noexcept;

private:
    std::string& out_;
    std::size_t begin_;
};

} // namespace malla::wire
