// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// What a frame may hold at most. Whatever is longer is refused by its reader.
namespace malla::wire {

/// The version of the protocol that this library speaks, and the oldest one that it understands.
inline constexpr std::uint8_t version = 1;
inline constexpr std::uint8_t min_version = 1;

inline constexpr std::size_t max_name_bytes = 128; ///< of a node, cluster, service, callback, caller or status
inline constexpr std::size_t max_host_bytes = 255;
inline constexpr std::size_t max_endpoint_bytes = 255;
inline constexpr std::size_t max_endpoints = 8; ///< of one node
inline constexpr std::size_t max_traceparent_bytes = 255;
inline constexpr std::size_t max_topic_bytes = 200;        ///< of an event
inline constexpr std::size_t max_subscription_bytes = 200; ///< longer ones meet faults of libzmq 4.3.4

inline constexpr std::size_t max_pairs = 64; ///< in one `metadata` or `data`
inline constexpr std::size_t max_key_bytes = 128;
inline constexpr std::size_t max_value_bytes = 8 * 1024;
inline constexpr std::size_t max_pairs_bytes = 16 * 1024; ///< keys and values of one `metadata` or `data`

inline constexpr std::size_t max_info_bytes = 8 * 1024;
inline constexpr std::size_t max_reason_bytes = 1024;

inline constexpr std::size_t max_services = 1000; ///< of one node
inline constexpr std::size_t max_callbacks = 256; ///< of one service
inline constexpr std::size_t max_description_bytes = 16 * 1024;
inline constexpr std::size_t max_record_bytes = 64 * 1024; ///< a whole ANNOUNCE

inline constexpr std::size_t max_event_bytes = 64 * 1024; ///< the body of an event

inline constexpr std::uint32_t max_stream_values = 512;            ///< of one stream, on their way or not yet taken
inline constexpr std::uint32_t max_stream_bytes = 8 * 1024 * 1024; ///< of the bodies of those

inline constexpr std::size_t max_nodes = 10'000;               ///< in one directory, LISTING or ASK
inline constexpr std::size_t max_header_bytes = 256 * 1024;    ///< everything of a frame before its body
inline constexpr std::size_t max_body_bytes = 8 * 1024 * 1024; ///< unless the node sets its own limit

} // namespace malla::wire
