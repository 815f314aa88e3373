// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/call.hpp"

#include "malla/wire/fields.hpp"

#include <array>

namespace malla::wire {

namespace {

constexpr std::uint8_t one_way_flag = 1;
constexpr std::uint8_t idempotent_flag = 2;
constexpr std::uint8_t traceparent_tag = 1;
constexpr std::uint8_t caller_tag = 2;
constexpr std::uint8_t metadata_tag = 3;
constexpr std::uint8_t window_tag = 4;

constexpr std::size_t call_fixed_bytes = 84; ///< of the header, before the names
constexpr std::size_t field_bytes = 5;       ///< of an optional field, before its value
constexpr std::size_t short_body_bytes = 64;

/// Why a peer would refuse this call, or nothing.
std::optional<std::string> fault_of(const Call& call) {
    if (call.id == 0) return "the id is 0";
    if (call.service.empty()) return "the service name is empty";
    if (call.callback.empty()) return "the callback name is empty";
    if (auto fault = text_fault(call.service, "service name", max_name_bytes)) return fault;
    if (auto fault = text_fault(call.callback, "callback name", max_name_bytes)) return fault;
    if (auto fault = text_fault(call.traceparent, "traceparent", max_traceparent_bytes)) return fault;
    if (auto fault = text_fault(call.caller, "caller", max_name_bytes)) return fault;
    if (auto fault = call.window ? window_fault(*call.window) : std::nullopt) return fault;
    PairLimit limit;
    for (const auto& [key, value] : call.metadata)
        if (auto fault = limit.add(key, value)) return fault;
    return std::nullopt;
}

/// At least the bytes of the header.
std::size_t header_bytes(const Call& call) noexcept {
    std::size_t bytes = preamble_bytes + call_fixed_bytes + 2 + call.service.size() + call.callback.size() +
                        2 * field_bytes + call.traceparent.size() + call.caller.size();
    for (const auto& [key, value] : call.metadata) bytes += field_bytes + 1 + key.size() + value.size();
    return bytes;
}

/// The numbers and ids of a CALL, collected so that they are appended at once.
class FixedPart {
public:
    template <std::unsigned_integral T>
    void number(T value) noexcept {
        store(bytes_.data() + used_, value);
        used_ += sizeof value;
    }
    void id(const NodeId& id) noexcept {
        std::memcpy(bytes_.data() + used_, id.bytes().data(), NodeId::size_bytes);
        used_ += NodeId::size_bytes;
    }
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), used_}; }

private:
    std::array<char, call_fixed_bytes> bytes_;
    std::size_t used_ = 0;
};

FixedPart fixed_part(const Call& call) noexcept {
    FixedPart fixed;
    fixed.number(call.id);
    fixed.id(call.origin);
    fixed.id(call.target);
    fixed.id(call.root.origin);
    fixed.number(call.root.number);
    fixed.number(call.remaining_us);
    fixed.number(call.stamp_us);
    const int flags = (call.one_way ? one_way_flag : 0) | (call.idempotent ? idempotent_flag : 0);
    fixed.number(static_cast<std::uint8_t>(flags));
    fixed.number(static_cast<std::uint8_t>(call.content));
    fixed.number(std::uint16_t{0});
    return fixed;
}

void write_window(Writer& out, const Window& window) {
    const std::size_t begin = out.begin_field(window_tag);
    out.number(window.values);
    out.number(window.bytes);
    out.end_field(begin);
}

/// What stands behind the two numbers is of a later version.
Window read_window(Reader& in, const Reader::Field& field) {
    Reader value{field, in};
    const Window window{value.number<std::uint32_t>(), value.number<std::uint32_t>()};
    in.adopt(std::move(value));
    if (const auto fault = window_fault(window); fault && in.ok()) in.fail(*fault);
    return window;
}

Result<void> append_header(std::string& out, const Call& call, std::size_t body_bytes) {
    if (const auto fault = fault_of(call)) return Status{"bad_request"}.set_info("CALL: " + *fault);
    out.reserve(out.size() + header_bytes(call) + body_bytes);
    Writer writer{out, Type::call};
    writer.bytes(fixed_part(call).view());
    writer.name(call.service);
    writer.name(call.callback);
    writer.field_unless_empty(traceparent_tag, call.traceparent);
    writer.field_unless_empty(caller_tag, call.caller);
    for (const auto& [key, value] : call.metadata) writer.pair(metadata_tag, key, value);
    if (call.window) write_window(writer, *call.window);
    writer.end_header();
    return {};
}

void read_fields(Reader& in, Call& call) {
    PairLimit limit;
    while (const auto field = in.field()) {
        if (field->tag == traceparent_tag)
            call.traceparent = in.checked(field->value, "traceparent", max_traceparent_bytes);
        else if (field->tag == caller_tag) call.caller = in.checked(field->value, "caller", max_name_bytes);
        else if (field->tag == metadata_tag) call.metadata.push_back(read_pair(in, *field, limit));
        else if (field->tag == window_tag) call.window = read_window(in, *field);
    }
}

std::string numbers(Type type, std::uint64_t number, const NodeId* node = nullptr) {
    std::string frame;
    Writer out{frame, type};
    out.number(number);
    if (node != nullptr) out.id(*node);
    out.end_header();
    return frame;
}

} // namespace

std::optional<std::string> window_fault(const Window& window) {
    if (window.values >= 1 && window.values <= max_stream_values && window.bytes >= 1 &&
        window.bytes <= max_stream_bytes)
        return std::nullopt;
    return "the window is " + std::to_string(window.values) + " values and " + std::to_string(window.bytes) +
           " bytes, from 1 to " + std::to_string(max_stream_values) + " and " + std::to_string(max_stream_bytes);
}

Result<void> encode_header(std::string& out, const Call& call) { return append_header(out, call, short_body_bytes); }

Result<std::string> encode(const Call& call) {
    std::string frame;
    if (auto header = append_header(frame, call, call.body.size()); !header) return std::move(header).error();
    frame.append(call.body);
    return frame;
}

Result<Call> decode_call(std::string_view frame) {
    Reader in{frame, Type::call};
    Result<Call> result{Call{}};
    Call& call = *result;
    call.id = in.number<std::uint64_t>();
    if (call.id == 0) in.fail("the id is 0");
    call.origin = in.id();
    call.target = in.id();
    call.root.origin = in.id();
    call.root.number = in.number<std::uint64_t>();
    call.remaining_us = in.number<std::uint64_t>();
    call.stamp_us = in.number<std::uint64_t>();
    const auto flags = in.number<std::uint8_t>();
    call.one_way = (flags & one_way_flag) != 0;
    call.idempotent = (flags & idempotent_flag) != 0;
    call.content = read_content(in);
    static_cast<void>(in.number<std::uint16_t>());
    call.service = in.given_name("service name");
    call.callback = in.given_name("callback name");
    read_fields(in, call);
    call.body = in.body();
    if (auto fault = in.finish()) result = *std::move(fault);
    return result;
}

void encode_header(std::string& out, const Reply& reply) {
    Writer writer{out, Type::reply};
    writer.number(reply.id);
    writer.number(static_cast<std::uint8_t>(reply.content));
    writer.end_header();
}

std::string encode(const Reply& reply) {
    std::string frame;
    frame.reserve(preamble_bytes + 9 + reply.body.size());
    encode_header(frame, reply);
    frame.append(reply.body);
    return frame;
}

Result<Reply> decode_reply(std::string_view frame) {
    Reader in{frame, Type::reply};
    Result<Reply> result{Reply{}};
    result->id = in.number<std::uint64_t>();
    result->content = read_content(in);
    result->body = in.body();
    if (auto fault = in.finish()) result = *std::move(fault);
    return result;
}

std::string encode(const Failure& failure) {
    std::string frame;
    Writer out{frame, Type::failure};
    out.number(failure.id);
    write_status(out, failure.status);
    out.end_header();
    return frame;
}

Result<Failure> decode_failure(std::string_view frame) {
    Reader in{frame, Type::failure};
    const auto id = in.number<std::uint64_t>();
    Failure failure{id, read_status(in)};
    return in.finish_whole(std::move(failure));
}

std::string encode(const Cancel& message) { return numbers(Type::cancel, message.id); }
std::string encode(const Ping& message) { return numbers(Type::ping, message.nonce); }
std::string encode(const Pong& message) { return numbers(Type::pong, message.nonce, &message.node); }

Result<Cancel> decode_cancel(std::string_view frame) {
    Reader in{frame, Type::cancel};
    const Cancel message{in.number<std::uint64_t>()};
    return in.finish_whole(message);
}

Result<Ping> decode_ping(std::string_view frame) {
    Reader in{frame, Type::ping};
    const Ping message{in.number<std::uint64_t>()};
    return in.finish_whole(message);
}

Result<Pong> decode_pong(std::string_view frame) {
    Reader in{frame, Type::pong};
    const Pong message{in.number<std::uint64_t>(), in.node()};
    return in.finish_whole(message);
}

} // namespace malla::wire
