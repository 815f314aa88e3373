// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// How calls go through a broker. What is decoded points into its frame and lives as long as it.
namespace malla::wire {

/// The first message of a connection to a broker whose further messages are for another node.
struct RelayOpen {
    NodeId origin; ///< who calls; it has said HELLO to the broker, on another connection
    NodeId target;

    friend bool operator==(const RelayOpen&, const RelayOpen&) = default;
};

/// A frame of such a connection, between the broker and the target.
struct Relay {
    std::uint32_t circuit = 0; ///< as the broker counts those connections
    std::string_view key;      ///< from the broker: the key that let the caller in; empty in an open mesh
    std::string_view frame;

    friend bool operator==(const Relay&, const Relay&) = default;
};

/// Nothing more comes or is passed on.
struct RelayEnd {
    std::uint32_t circuit = 0; ///< 0: the connection that brings this
    Status status;             ///< `not_run` when nothing was ever passed on

    friend bool operator==(const RelayEnd&, const RelayEnd&) = default;
};

[[nodiscard]] std::string encode(const RelayOpen& message);
[[nodiscard]] std::string encode(const Relay& message);
[[nodiscard]] std::string encode(const RelayEnd& message);

[[nodiscard]] Result<RelayOpen> decode_relay_open(std::string_view frame);
[[nodiscard]] Result<Relay> decode_relay(std::string_view frame);
[[nodiscard]] Result<RelayEnd> decode_relay_end(std::string_view frame);

} // namespace malla::wire
