// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/directory.hpp"

#include "malla/wire/reader.hpp"
#include "malla/wire/record_codec.hpp"
#include "malla/wire/text.hpp"
#include "malla/wire/writer.hpp"

#include <algorithm>

namespace malla::wire {

namespace {

constexpr std::size_t entry_bytes = NodeId::size_bytes + sizeof(std::uint64_t);

/// The step of SplitMix64: every bit of `value` reaches every bit of the result.
std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9E3779B97F4A7C15;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
    return value ^ (value >> 31);
}

/// BEAT, BYE and SUSPECT: a node and a sequence.
std::string encode_entry(Type type, const NodeId& node, std::uint64_t sequence) {
    std::string frame;
    Writer out{frame, type};
    out.id(node);
    out.number(sequence);
    out.end_header();
    return frame;
}

template <class T>
Result<T> decode_entry(std::string_view frame, Type type) {
    Reader in{frame, type};
    T message;
    message.node = in.node();
    message.sequence = in.number<std::uint64_t>();
    return in.finish_whole(message);
}

/// SNAPSHOT_END and DIGEST: a count and a hash.
std::string encode_sum(Type type, std::uint32_t count, std::uint64_t hash) {
    std::string frame;
    Writer out{frame, type};
    out.number(count);
    out.number(hash);
    out.end_header();
    return frame;
}

template <class T>
Result<T> decode_sum(std::string_view frame, Type type) {
    Reader in{frame, type};
    const auto count = in.number<std::uint32_t>();
    const T message{count, in.number<std::uint64_t>()};
    return in.finish_whole(message);
}

std::uint32_t listed(std::size_t count) noexcept { return static_cast<std::uint32_t>(std::min(count, max_nodes)); }

/// Reads how many items of `item_bytes` follow; 0 when they cannot.
std::size_t read_count(Reader& in, std::size_t item_bytes) {
    const std::size_t count = in.number<std::uint32_t>();
    if (count > max_nodes) in.fail(std::to_string(count) + " nodes, at most " + std::to_string(max_nodes));
    else if (count * item_bytes > in.left()) in.fail(std::to_string(count) + " nodes do not fit into it");
    return in.ok() ? count : 0;
}

} // namespace

Result<std::string> encode(const Announce& message) { return encode(message.record); }

Result<std::string> encode(const NodeRecord& record) {
    if (const auto fault = fault_of(record)) return Status{"bad_request"}.set_info("ANNOUNCE: " + *fault);
    std::string frame;
    Writer out{frame, Type::announce};
    write_record(out, record);
    out.end_header();
    if (frame.size() <= max_record_bytes) return frame;
    return Status{"bad_request"}.set_info("ANNOUNCE: the record is " + std::to_string(frame.size()) +
                                          " bytes, at most " + std::to_string(max_record_bytes));
}

Result<Announce> decode_announce(std::string_view frame) {
    Reader in{frame, Type::announce};
    if (frame.size() > max_record_bytes)
        in.fail("the record is " + std::to_string(frame.size()) + " bytes, at most " +
                std::to_string(max_record_bytes));
    Announce message{read_record(in)};
    return in.finish_whole(std::move(message));
}

std::string encode(const Beat& message) { return encode_entry(Type::beat, message.node, message.sequence); }
std::string encode(const Bye& message) { return encode_entry(Type::bye, message.node, message.sequence); }
std::string encode(const Suspect& message) { return encode_entry(Type::suspect, message.node, message.sequence); }

Result<Beat> decode_beat(std::string_view frame) { return decode_entry<Beat>(frame, Type::beat); }
Result<Bye> decode_bye(std::string_view frame) { return decode_entry<Bye>(frame, Type::bye); }
Result<Suspect> decode_suspect(std::string_view frame) { return decode_entry<Suspect>(frame, Type::suspect); }

std::string encode(const SnapshotEnd& message) { return encode_sum(Type::snapshot_end, message.count, message.digest); }
std::string encode(const Digest& message) { return encode_sum(Type::digest, message.count, message.hash); }

Result<SnapshotEnd> decode_snapshot_end(std::string_view frame) {
    return decode_sum<SnapshotEnd>(frame, Type::snapshot_end);
}
Result<Digest> decode_digest(std::string_view frame) { return decode_sum<Digest>(frame, Type::digest); }

std::string encode(const Ask& message) {
    std::string frame;
    Writer out{frame, Type::ask};
    const std::uint32_t count = listed(message.nodes.size());
    out.number(count);
    for (std::size_t i = 0; i < count; ++i) out.id(message.nodes[i]);
    out.end_header();
    return frame;
}

Result<Ask> decode_ask(std::string_view frame) {
    Reader in{frame, Type::ask};
    Ask message;
    message.nodes.resize(read_count(in, NodeId::size_bytes));
    for (auto& node : message.nodes) node = in.node();
    return in.finish_whole(std::move(message));
}

std::string encode(const Gone& message) {
    std::string frame;
    Writer out{frame, Type::gone};
    out.id(message.node);
    out.number(message.sequence);
    out.text(is_utf8(message.reason) ? cut(message.reason, max_reason_bytes) : std::string_view{});
    out.end_header();
    return frame;
}

Result<Gone> decode_gone(std::string_view frame) {
    Reader in{frame, Type::gone};
    Gone message;
    message.node = in.node();
    message.sequence = in.number<std::uint64_t>();
    message.reason = in.text("reason", max_reason_bytes);
    return in.finish_whole(std::move(message));
}

std::string encode(const AskListing&) {
    std::string frame;
    Writer{frame, Type::ask_listing}.end_header();
    return frame;
}

Result<AskListing> decode_ask_listing(std::string_view frame) {
    Reader in{frame, Type::ask_listing};
    return in.finish_whole(AskListing{});
}

std::string encode(const Listing& message) {
    std::string frame;
    Writer out{frame, Type::listing};
    const std::uint32_t count = listed(message.entries.size());
    out.number(count);
    for (std::size_t i = 0; i < count; ++i) {
        out.id(message.entries[i].node);
        out.number(message.entries[i].sequence);
    }
    out.end_header();
    return frame;
}

Result<Listing> decode_listing(std::string_view frame) {
    Reader in{frame, Type::listing};
    Listing message;
    message.entries.resize(read_count(in, entry_bytes));
    for (auto& entry : message.entries) {
        entry.node = in.node();
        entry.sequence = in.number<std::uint64_t>();
    }
    return in.finish_whole(std::move(message));
}

std::uint64_t digest_entry(NodeId node, std::uint64_t sequence) noexcept {
    const char* bytes = reinterpret_cast<const char*>(node.bytes().data());
    return mix(mix(mix(load<std::uint64_t>(bytes)) ^ load<std::uint64_t>(bytes + 8)) ^ sequence);
}

Digest digest_of(std::span<const Entry> entries) noexcept {
    Digest digest;
    for (const auto& [node, sequence] : entries) {
        ++digest.count;
        digest.hash += digest_entry(node, sequence);
    }
    return digest;
}

} // namespace malla::wire
