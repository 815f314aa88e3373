// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace malla::wire {

/// What a frame is. The numbers are never used again; those that are missing here are reserved
/// in docs/wire.md.
enum class Type : std::uint8_t {
    hello = 0x01,
    welcome = 0x02,
    refused = 0x03,

    call = 0x10,
    reply = 0x11,
    failure = 0x12,
    cancel = 0x13,
    ping = 0x14,
    pong = 0x15,
    stream_item = 0x18,
    stream_end = 0x19,
    credit = 0x1a,

    relay_open = 0x20,
    relay = 0x21,
    relay_end = 0x22,

    announce = 0x30,
    beat = 0x31,
    bye = 0x32,
    ask = 0x33,
    snapshot_end = 0x34,
    gone = 0x35,
    suspect = 0x36,
    digest = 0x37,
    ask_listing = 0x38,
    listing = 0x39,

    publish = 0x40,
};

/// "CALL" for `Type::call`; "type 99" has no name: an empty text.
[[nodiscard]] std::string_view name_of(Type type) noexcept;

/// What every frame begins with: "ML", version, type, and the length of the header after it.
inline constexpr std::size_t preamble_bytes = 8;

/// The type of a frame without reading the rest of it; it may be one that has no name. Nothing
/// when this is no frame of a version that this library speaks.
[[nodiscard]] std::optional<Type> peek(std::string_view frame) noexcept;

/// The version that a frame says it has. Nothing when it is no frame of Malla at all.
[[nodiscard]] std::optional<std::uint8_t> peek_version(std::string_view frame) noexcept;

/// The id of a CALL, REPLY, FAILURE, CANCEL, STREAM_ITEM, STREAM_END or CREDIT whose rest may be unreadable, so that it
/// can be answered or settled all the same.
[[nodiscard]] std::optional<std::uint64_t> peek_id(std::string_view frame) noexcept;

} // namespace malla::wire
