// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/relay.hpp"

#include "malla/wire/fields.hpp"

namespace malla::wire {

namespace {

constexpr std::uint8_t key_tag = 1;
constexpr std::size_t envelope_bytes = 64;

} // namespace

std::string encode(const RelayOpen& message) {
    std::string frame;
    Writer out{frame, Type::relay_open};
    out.id(message.origin);
    out.id(message.target);
    out.end_header();
    return frame;
}

Result<RelayOpen> decode_relay_open(std::string_view frame) {
    Reader in{frame, Type::relay_open};
    RelayOpen message;
    message.origin = in.node();
    message.target = in.node();
    return in.finish_whole(message);
}

std::string encode(const Relay& message) {
    std::string frame;
    frame.reserve(envelope_bytes + message.frame.size());
    Writer out{frame, Type::relay};
    out.number(message.circuit);
    out.field_unless_empty(key_tag, message.key);
    out.end_header();
    out.bytes(message.frame);
    return frame;
}

Result<Relay> decode_relay(std::string_view frame) {
    Reader in{frame, Type::relay};
    Relay message;
    message.circuit = in.number<std::uint32_t>();
    while (const auto field = in.field())
        if (field->tag == key_tag) message.key = in.checked(field->value, "key", max_name_bytes);
    message.frame = in.body();
    if (auto fault = in.finish()) return *std::move(fault);
    return message;
}

std::string encode(const RelayEnd& message) {
    std::string frame;
    Writer out{frame, Type::relay_end};
    out.number(message.circuit);
    write_status(out, message.status);
    out.end_header();
    return frame;
}

Result<RelayEnd> decode_relay_end(std::string_view frame) {
    Reader in{frame, Type::relay_end};
    const auto circuit = in.number<std::uint32_t>();
    RelayEnd message{circuit, read_status(in)};
    return in.finish_whole(std::move(message));
}

} // namespace malla::wire
