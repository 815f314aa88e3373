// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/connection.hpp"

#include "malla/wire/fields.hpp"
#include "malla/wire/text.hpp"

namespace malla::wire {

namespace {

constexpr std::uint8_t hosts_flag = 1;
constexpr std::uint8_t takes_relayed_flag = 2;
constexpr std::uint8_t subscribe_tag = 2;
constexpr std::uint8_t relays_tag = 3;

} // namespace

std::string encode(const Hello& message) {
    std::string frame;
    Writer out{frame, Type::hello};
    out.id(message.node);
    out.number(message.min_version);
    out.number(message.max_version);
    const int flags = (message.hosts ? hosts_flag : 0) | (message.takes_relayed ? takes_relayed_flag : 0);
    out.number(static_cast<std::uint8_t>(flags));
    out.name(message.name);
    out.name(message.cluster);
    out.end_header();
    return frame;
}

Result<Hello> decode_hello(std::string_view frame) {
    Reader in{frame, Type::hello};
    Hello message;
    message.node = in.node();
    message.min_version = in.number<std::uint8_t>();
    message.max_version = in.number<std::uint8_t>();
    const auto flags = in.number<std::uint8_t>();
    message.hosts = (flags & hosts_flag) != 0;
    message.takes_relayed = (flags & takes_relayed_flag) != 0;
    message.name = in.name("node name");
    message.cluster = in.name("cluster name");
    return in.finish_whole(std::move(message));
}

std::string encode(const Welcome& message) {
    std::string frame;
    Writer out{frame, Type::welcome};
    out.id(message.node);
    out.number(message.version);
    out.number(static_cast<std::uint8_t>(message.role));
    out.number(message.beat_ms);
    out.number(message.max_message_bytes);
    out.name(message.name);
    out.name(message.cluster);
    out.field_unless_empty(subscribe_tag, cut(message.subscribe_endpoint, max_endpoint_bytes));
    if (message.relays) out.field(relays_tag, {});
    out.end_header();
    return frame;
}

Result<Welcome> decode_welcome(std::string_view frame) {
    Reader in{frame, Type::welcome};
    Welcome message;
    message.node = in.node();
    message.version = in.number<std::uint8_t>();
    message.role = in.number<std::uint8_t>() == 1 ? Role::broker : Role::node;
    message.beat_ms = in.number<std::uint32_t>();
    message.max_message_bytes = in.number<std::uint64_t>();
    message.name = in.name("node name");
    message.cluster = in.name("cluster name");
    while (const auto field = in.field()) {
        if (field->tag == subscribe_tag)
            message.subscribe_endpoint = in.checked(field->value, "subscribe endpoint", max_endpoint_bytes);
        else if (field->tag == relays_tag) message.relays = true;
    }
    return in.finish_whole(std::move(message));
}

std::string encode(const Refused& message) {
    std::string frame;
    Writer out{frame, Type::refused};
    write_status(out, message.status);
    out.end_header();
    return frame;
}

Result<Refused> decode_refused(std::string_view frame) {
    Reader in{frame, Type::refused};
    Refused message{read_status(in)};
    return in.finish_whole(std::move(message));
}

} // namespace malla::wire
