// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/wire/limits.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// The form of what is published: topic, a zero byte, and the message, all in one frame.
/// A subscription is the topic with its zero byte, so that "d/a" does not get what is for "d/ab".
namespace malla::wire {

inline constexpr std::size_t max_published_topic_bytes =
    2 + max_name_bytes + 1 + max_topic_bytes; ///< "e/CLUSTER/TOPIC"

/// The topic of the directory messages of one cluster, "d/NAME".
[[nodiscard]] std::string directory_topic(std::string_view cluster);

/// The topic on which an event is published in one cluster, "e/CLUSTER/TOPIC".
[[nodiscard]] std::string event_topic(std::string_view cluster, std::string_view topic);

/// What to subscribe to for the events of a cluster that a pattern chooses. It brings others too:
/// whoever listens compares cluster and topic.
[[nodiscard]] std::string event_subscription(std::string_view cluster, std::string_view pattern);

/// What to subscribe to for exactly this topic.
[[nodiscard]] std::string subscription(std::string_view topic);

/// `topic` holds no zero byte and at most `max_published_topic_bytes`.
[[nodiscard]] std::string published(std::string_view topic, std::string_view message);

/// Topic and message, both inside `frame`. Nothing when it has no topic of a legal length.
[[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>>
split_published(std::string_view frame) noexcept;

} // namespace malla::wire
