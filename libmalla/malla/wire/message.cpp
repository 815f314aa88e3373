// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/message.hpp"

#include "malla/wire/reader.hpp"

namespace malla::wire {

namespace {

template <class T>
Result<Message> widen(Result<T>&& result) {
    if (!result) return std::move(result).error();
    return Message{*std::move(result)};
}

} // namespace

Result<Message> decode(std::string_view frame) {
    if (auto fault = foreign_fault(frame)) return *std::move(fault);
    switch (static_cast<Type>(static_cast<std::uint8_t>(frame[3]))) {
    case Type::hello: return widen(decode_hello(frame));
    case Type::welcome: return widen(decode_welcome(frame));
    case Type::refused: return widen(decode_refused(frame));
    case Type::call: return widen(decode_call(frame));
    case Type::reply: return widen(decode_reply(frame));
    case Type::failure: return widen(decode_failure(frame));
    case Type::cancel: return widen(decode_cancel(frame));
    case Type::ping: return widen(decode_ping(frame));
    case Type::pong: return widen(decode_pong(frame));
    case Type::announce: return widen(decode_announce(frame));
    case Type::beat: return widen(decode_beat(frame));
    case Type::bye: return widen(decode_bye(frame));
    case Type::ask: return widen(decode_ask(frame));
    case Type::snapshot_end: return widen(decode_snapshot_end(frame));
    case Type::gone: return widen(decode_gone(frame));
    case Type::suspect: return widen(decode_suspect(frame));
    case Type::digest: return widen(decode_digest(frame));
    case Type::ask_listing: return widen(decode_ask_listing(frame));
    case Type::listing: return widen(decode_listing(frame));
    case Type::publish: return widen(decode_publish(frame));
    case Type::stream_item: return widen(decode_stream_item(frame));
    case Type::stream_end: return widen(decode_stream_end(frame));
    case Type::credit: return widen(decode_credit(frame));
    case Type::relay_open: return widen(decode_relay_open(frame));
    case Type::relay: return widen(decode_relay(frame));
    case Type::relay_end: return widen(decode_relay_end(frame));
    }
    return Message{Unrecognised{static_cast<std::uint8_t>(frame[3])}};
}

} // namespace malla::wire
