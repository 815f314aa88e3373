// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/stream.hpp"

#include "malla/wire/fields.hpp"

#include <utility>

namespace malla::wire {

namespace {

constexpr std::uint8_t status_tag = 1;
constexpr std::size_t item_header_bytes = preamble_bytes + 17;

} // namespace

void encode_header(std::string& out, const StreamItem& item) {
    Writer writer{out, Type::stream_item};
    writer.number(item.id);
    writer.number(item.sequence);
    writer.number(static_cast<std::uint8_t>(item.content));
    writer.end_header();
}

std::string encode(const StreamItem& item) {
    std::string frame;
    frame.reserve(item_header_bytes + item.body.size());
    encode_header(frame, item);
    frame.append(item.body);
    return frame;
}

std::string encode(const StreamEnd& message) {
    std::string frame;
    Writer out{frame, Type::stream_end};
    out.number(message.id);
    out.number(message.count);
    if (message.status) {
        const std::size_t begin = out.begin_field(status_tag);
        write_status(out, *message.status);
        out.end_field(begin);
    }
    out.end_header();
    return frame;
}

std::string encode(const Credit& message) {
    std::string frame;
    Writer out{frame, Type::credit};
    out.number(message.id);
    out.number(message.values);
    out.number(message.bytes);
    out.end_header();
    return frame;
}

Result<StreamItem> decode_stream_item(std::string_view frame) {
    Reader in{frame, Type::stream_item};
    StreamItem item;
    item.id = in.number<std::uint64_t>();
    item.sequence = in.number<std::uint64_t>();
    if (item.sequence == 0) in.fail("the sequence is 0");
    item.content = read_content(in);
    item.body = in.body();
    if (auto fault = in.finish()) return *std::move(fault);
    return item;
}

Result<StreamEnd> decode_stream_end(std::string_view frame) {
    Reader in{frame, Type::stream_end};
    StreamEnd message;
    message.id = in.number<std::uint64_t>();
    message.count = in.number<std::uint64_t>();
    while (const auto field = in.field()) {
        if (field->tag != status_tag) continue;
        Reader value{*field, in};
        message.status = read_status(value);
        in.adopt(std::move(value));
    }
    return in.finish_whole(std::move(message));
}

Result<Credit> decode_credit(std::string_view frame) {
    Reader in{frame, Type::credit};
    Credit message;
    message.id = in.number<std::uint64_t>();
    message.values = in.number<std::uint32_t>();
    message.bytes = in.number<std::uint32_t>();
    return in.finish_whole(message);
}

} // namespace malla::wire
