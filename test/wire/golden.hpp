// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/wire/message.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

/// The golden frames of docs/wire.md, as files and as messages.
namespace malla::wire::golden {

inline std::filesystem::path folder() { return std::filesystem::path{MALLA_SOURCE_DIR} / "test/wire/golden"; }

inline std::string file_text(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The bytes that a text of hexadecimal bytes and comments from "#" stands for.
inline std::string bytes_of(const std::string& hex) {
    std::string bytes;
    std::istringstream lines{hex};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line.substr(0, line.find('#'))};
        for (std::string word; words >> word;) bytes.push_back(static_cast<char>(std::stoi(word, nullptr, 16)));
    }
    return bytes;
}

inline std::string frame(const std::string& name) { return bytes_of(file_text(folder() / (name + ".hex"))); }

inline NodeId node(std::uint8_t first) {
    NodeId::Bytes bytes{};
    for (auto& byte : bytes) byte = first++;
    return NodeId{bytes};
}
inline const NodeId alpha = node(0x10);
inline const NodeId beta = node(0xA0);

struct Sample {
    std::string name;
    Message message;
};

inline Call call() {
    return {.id = 1,
            .origin = alpha,
            .target = beta,
            .root = {},
            .remaining_us = 15'000'000,
            .stamp_us = 1'000'000,
            .content = Content::json,
            .service = "Calculator",
            .callback = "calculate",
            .traceparent = {},
            .caller = {},
            .metadata = {},
            .window = {},
            .body = R"(["add",2,3])"};
}

inline Call call_with_fields() {
    return {.id = 258,
            .origin = alpha,
            .target = {},
            .root = {beta, 7},
            .remaining_us = 250'000,
            .stamp_us = 2'000'000,
            .one_way = true,
            .idempotent = true,
            .content = Content::json,
            .service = "Calculator",
            .callback = "square",
            .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            .caller = "Reports",
            .metadata = {{"tenant", "blue"}},
            .window = {},
            .body = "[3]"};
}

inline Call call_of_stream() {
    Call taken = call();
    taken.service = "Echo";
    taken.callback = "numbers";
    taken.window = Window{128, 1024 * 1024};
    taken.body = "[1,3]";
    return taken;
}

inline NodeRecord record() {
    const std::string description =
        R"({"params":[{"name":"x","schema":{"type":"number"}}],"result":{"type":"number"},"idempotent":true})";
    return {.id = alpha,
            .name = "alpha",
            .cluster = "malla",
            .host = "box",
            .pid = 4242,
            .sequence = 3,
            .load = 2,
            .started_at_ms = 1'700'000'000'000,
            .endpoints = {"tcp://10.0.0.1:7001"},
            .publish_endpoint = "tcp://10.0.0.1:7002",
            .services = {{.name = "Calculator",
                          .version = {1, 2, 3},
                          .status = RunningStatus::running,
                          .admin_status = AdminStatus::active,
                          .concurrent = true,
                          .content_hash = 0x1122334455667788,
                          .callbacks = {{"square", description, 0x0102030405060708}},
                          .metadata = {{"zone", "b"}}}}};
}

inline Welcome welcome() {
    return {.node = beta,
            .name = "beta",
            .cluster = "malla",
            .version = 1,
            .role = Role::broker,
            .beat_ms = 500,
            .max_message_bytes = 8 * 1024 * 1024,
            .subscribe_endpoint = "tcp://10.0.0.1:7002"};
}

inline Publish publish() {
    return {.publisher = alpha,
            .run = 1,
            .sequence = 7,
            .content = Content::json,
            .name = "alpha",
            .topic = "orders.placed",
            .body = R"({"id":7})"};
}

/// A frame that others carry points to memory that stays.
inline std::string_view cancel_frame() {
    static const std::string frame = encode(Cancel{1});
    return frame;
}

inline std::vector<Sample> samples() {
    const std::array entries{Entry{alpha, 3}, Entry{beta, 9}};
    const Digest digest = digest_of(entries);
    Status not_found{"service_not_found", "Calc"};
    not_found.set_metadata("node", "beta");
    return {{"hello", Hello{alpha, "alpha", "malla", 1, 1, true}},
            {"welcome", welcome()},
            {"refused", Refused{Status{"wrong_cluster", "other"}}},
            {"call", call()},
            {"call_with_fields", call_with_fields()},
            {"reply", Reply{1, Content::json, "5"}},
            {"failure", Failure{1, not_found}},
            {"cancel", Cancel{1}},
            {"ping", Ping{0x0102030405060708}},
            {"pong", Pong{0x0102030405060708, beta}},
            {"announce", Announce{record()}},
            {"beat", Beat{alpha, 3}},
            {"bye", Bye{alpha, 4}},
            {"ask_all", Ask{}},
            {"ask", Ask{{alpha, beta}}},
            {"snapshot_end", SnapshotEnd{digest.count, digest.hash}},
            {"gone", Gone{alpha, 3, "3 beats missed"}},
            {"suspect", Suspect{alpha, 3}},
            {"digest", digest},
            {"ask_listing", AskListing{}},
            {"listing", Listing{{entries.begin(), entries.end()}}},
            {"publish", publish()},
            {"call_of_stream", call_of_stream()},
            {"stream_item", StreamItem{1, 2, Content::json, "2"}},
            {"stream_end", StreamEnd{1, 3}},
            {"stream_end_failed", StreamEnd{1, 2, Status{"shutdown"}}},
            {"credit", Credit{1, 64, 70'000}},
            {"relay_open", RelayOpen{alpha, beta}},
            {"relay", Relay{7, "^p]/iDa!I^HV714!HjxV8Q-1%}xa>wwarFIBY<-K", cancel_frame()}},
            {"relay_end", RelayEnd{7, Status{"peer_lost", "beta"}}}};
}

/// Makes the frame say that its header is `bytes` long.
inline void set_header(std::string& frame, std::size_t bytes) {
    for (std::size_t i = 0; i < 4; ++i) frame.at(4 + i) = static_cast<char>(bytes >> (8 * i));
}

/// Writes any message; a frame of a type without a name has no form of its own.
inline std::string encode_any(const Message& message) {
    return std::visit(
        [](const auto& value) -> std::string {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, Unrecognised>) return {};
            else if constexpr (std::is_same_v<decltype(encode(value)), std::string>) return encode(value);
            else return *encode(value);
        },
        message);
}

} // namespace malla::wire::golden
