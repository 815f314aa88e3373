// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/wire/limits.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The messages of calls. What is decoded points into its frame and lives as long as it.
namespace malla::wire {

/// How a body is written.
enum class Content : std::uint8_t { binary = 0, json = 1 };

using PairView = std::pair<std::string_view, std::string_view>;

/// What of a stream may be on its way to the caller, or wait there to be taken: so many values, with so
/// many bytes in their bodies.
struct Window {
    std::uint32_t values = 0;
    std::uint32_t bytes = 0;

    friend bool operator==(const Window&, const Window&) = default;
};

/// Why there is no such window, or nothing when it is one: both numbers are from 1 to their limits.
[[nodiscard]] std::optional<std::string> window_fault(const Window& window);

/// A request to run one callback of one service.
struct Call {
    std::uint64_t id = 0;           ///< counted by `origin`, from 1; together they are the `RequestId`
    NodeId origin;                  ///< the node that calls
    NodeId target;                  ///< the node that is meant; nil: whoever reads it
    RequestId root;                 ///< the call that began the tree; nil: this one does
    std::uint64_t remaining_us = 0; ///< what is left until the deadline at the instant of `stamp_us`
    std::uint64_t stamp_us = 0;     ///< the sender's steady clock when it sent this
    bool one_way = false;           ///< nobody waits for an answer, and none is sent
    bool idempotent = false;        ///< declared so by the callback: running it twice does no harm
    Content content = Content::binary;
    std::string_view service;
    std::string_view callback;
    std::string_view traceparent; ///< W3C trace context, or empty
    std::string_view caller;      ///< the name of the calling service or program, or empty
    std::vector<PairView> metadata;
    std::optional<Window> window{}; ///< the caller takes a stream of results, so much of it at first
    std::string_view body;

    friend bool operator==(const Call&, const Call&) = default;
};

/// The value that a call gave.
struct Reply {
    std::uint64_t id = 0;
    Content content = Content::binary;
    std::string_view body;

    friend bool operator==(const Reply&, const Reply&) = default;
};

/// The status that a call gave instead of a value.
struct Failure {
    std::uint64_t id = 0;
    Status status;

    friend bool operator==(const Failure&, const Failure&) = default;
};

/// The caller no longer waits for the call `id` of this connection.
struct Cancel {
    std::uint64_t id = 0;

    friend bool operator==(const Cancel&, const Cancel&) = default;
};

/// Asks the other side to show that it is alive.
struct Ping {
    std::uint64_t nonce = 0;

    friend bool operator==(const Ping&, const Ping&) = default;
};

/// The answer to PING, from the node that is alive.
struct Pong {
    std::uint64_t nonce = 0;
    NodeId node;

    friend bool operator==(const Pong&, const Pong&) = default;
};

/// Appends all of a CALL but its body, which the caller appends next; `call.body` is not read.
/// A text beyond its limit is `bad_request` and leaves `out` as it was.
[[nodiscard]] Result<void> encode_header(std::string& out, const Call& call);
/// Appends all of a REPLY but its body, which the caller appends next; `reply.body` is not read.
void encode_header(std::string& out, const Reply& reply);

/// The whole frame, body included.
[[nodiscard]] Result<std::string> encode(const Call& call);
[[nodiscard]] std::string encode(const Reply& reply);
/// A status beyond the limits is cut to fit: long texts end early, surplus pairs are left out.
[[nodiscard]] std::string encode(const Failure& failure);
[[nodiscard]] std::string encode(const Cancel& message);
[[nodiscard]] std::string encode(const Ping& message);
[[nodiscard]] std::string encode(const Pong& message);

[[nodiscard]] Result<Call> decode_call(std::string_view frame);
[[nodiscard]] Result<Reply> decode_reply(std::string_view frame);
[[nodiscard]] Result<Failure> decode_failure(std::string_view frame);
[[nodiscard]] Result<Cancel> decode_cancel(std::string_view frame);
[[nodiscard]] Result<Ping> decode_ping(std::string_view frame);
[[nodiscard]] Result<Pong> decode_pong(std::string_view frame);

} // namespace malla::wire
