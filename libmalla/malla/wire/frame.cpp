// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/frame.hpp"

#include "malla/wire/limits.hpp"
#include "malla/wire/reader.hpp"

namespace malla::wire {

std::string_view name_of(Type type) noexcept {
    switch (type) {
    case Type::hello: return "HELLO";
    case Type::welcome: return "WELCOME";
    case Type::refused: return "REFUSED";
    case Type::call: return "CALL";
    case Type::reply: return "REPLY";
    case Type::failure: return "FAILURE";
    case Type::cancel: return "CANCEL";
    case Type::ping: return "PING";
    case Type::pong: return "PONG";
    case Type::stream_item: return "STREAM_ITEM";
    case Type::stream_end: return "STREAM_END";
    case Type::credit: return "CREDIT";
    case Type::relay_open: return "RELAY_OPEN";
    case Type::relay: return "RELAY";
    case Type::relay_end: return "RELAY_END";
    case Type::announce: return "ANNOUNCE";
    case Type::beat: return "BEAT";
    case Type::bye: return "BYE";
    case Type::ask: return "ASK";
    case Type::snapshot_end: return "SNAPSHOT_END";
    case Type::gone: return "GONE";
    case Type::suspect: return "SUSPECT";
    case Type::digest: return "DIGEST";
    case Type::ask_listing: return "ASK_LISTING";
    case Type::listing: return "LISTING";
    case Type::publish: return "PUBLISH";
    }
    return {};
}

std::optional<std::uint8_t> peek_version(std::string_view frame) noexcept {
    if (frame.size() < preamble_bytes || !frame.starts_with("ML")) return std::nullopt;
    return static_cast<std::uint8_t>(frame[2]);
}

std::optional<Type> peek(std::string_view frame) noexcept {
    const auto got = peek_version(frame);
    if (!got || *got < min_version || *got > version) return std::nullopt;
    return static_cast<Type>(static_cast<std::uint8_t>(frame[3]));
}

std::optional<std::uint64_t> peek_id(std::string_view frame) noexcept {
    const auto type = peek(frame);
    const bool has_id = type == Type::call || type == Type::reply || type == Type::failure || type == Type::cancel ||
                        type == Type::stream_item || type == Type::stream_end || type == Type::credit;
    if (!has_id || frame.size() < preamble_bytes + sizeof(std::uint64_t)) return std::nullopt;
    return load<std::uint64_t>(frame.data() + preamble_bytes);
}

} // namespace malla::wire
