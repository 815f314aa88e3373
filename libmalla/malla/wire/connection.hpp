// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/wire/limits.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The messages that open a connection. `encode` cuts texts at their limits.
namespace malla::wire {

/// The first message on every connection, from the side that connected.
struct Hello {
    NodeId node;
    std::string name;
    std::string cluster;
    std::uint8_t min_version = wire::min_version;
    std::uint8_t max_version = wire::version;
    bool hosts = false;         ///< it hosts services, so it will announce itself
    bool takes_relayed = false; ///< it takes calls that a broker passes on

    friend bool operator==(const Hello&, const Hello&) = default;
};

enum class Role : std::uint8_t { node = 0, broker = 1 };

/// The answer to HELLO: the connection is open.
struct Welcome {
    NodeId node;
    std::string name;
    std::string cluster;
    std::uint8_t version = wire::version; ///< that both speak from now on
    Role role = Role::node;
    std::uint32_t beat_ms = 500;                      ///< how often it beats, and wants to be beaten to
    std::uint64_t max_message_bytes = max_body_bytes; ///< the longest body that it takes
    std::string subscribe_endpoint;                   ///< connect a SUB here to listen; empty: nothing is published
    bool relays = false;                              ///< it passes on calls to nodes that have joined it

    friend bool operator==(const Welcome&, const Welcome&) = default;
};

/// The other answer to HELLO: the connection stays closed, and why.
struct Refused {
    Status status;

    friend bool operator==(const Refused&, const Refused&) = default;
};

[[nodiscard]] std::string encode(const Hello& message);
[[nodiscard]] std::string encode(const Welcome& message);
[[nodiscard]] std::string encode(const Refused& message);

[[nodiscard]] Result<Hello> decode_hello(std::string_view frame);
[[nodiscard]] Result<Welcome> decode_welcome(std::string_view frame);
[[nodiscard]] Result<Refused> decode_refused(std::string_view frame);

} // namespace malla::wire
