// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/event.hpp"

#include "malla/wire/fields.hpp"
#include "malla/wire/topic_pattern.hpp"

#include <optional>

namespace malla::wire {

namespace {

/// Why a peer would refuse it, or nothing.
std::optional<std::string> fault_of(const Publish& message) {
    if (message.publisher.is_nil()) return "the node id is nil";
    if (message.sequence == 0) return "the sequence is 0";
    if (auto fault = text_fault(message.name, "node name", max_name_bytes)) return fault;
    if (auto fault = topic_fault(message.topic)) return fault;
    if (message.body.size() <= max_event_bytes) return std::nullopt;
    return "the body is " + std::to_string(message.body.size()) + " bytes, at most " + std::to_string(max_event_bytes);
}

} // namespace

Result<std::string> encode(const Publish& message) {
    if (const auto fault = fault_of(message)) return Status{"bad_request"}.set_info("PUBLISH: " + *fault);
    std::string frame;
    Writer out{frame, Type::publish};
    out.id(message.publisher);
    out.number(message.run);
    out.number(message.sequence);
    out.number(static_cast<std::uint8_t>(message.content));
    out.name(message.name);
    out.name(message.topic, max_topic_bytes);
    out.end_header();
    out.bytes(message.body);
    return frame;
}

Result<Publish> decode_publish(std::string_view frame) {
    Reader in{frame, Type::publish};
    Publish message;
    message.publisher = in.node();
    message.run = in.number<std::uint32_t>();
    message.sequence = in.number<std::uint64_t>();
    message.content = read_content(in);
    message.name = in.name("node name");
    message.topic = in.name("topic", max_topic_bytes);
    message.body = in.body();
    if (auto fault = fault_of(message); fault && in.ok()) in.fail(*fault);
    if (auto fault = in.finish()) return *std::move(fault);
    return message;
}

} // namespace malla::wire
