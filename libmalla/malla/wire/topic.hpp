// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// The form of what is published: topic, a zero byte, and the message, all in one frame.
/// A subscription is the topic with its zero byte, so that "d/a" does not get what is for "d/ab".
namespace malla::wire {

/// The topic of the directory messages of one cluster, "d/NAME".
[[nodiscard]] std::string directory_topic(std::string_view cluster);

/// What to subscribe to for exactly this topic.
[[nodiscard]] std::string subscription(std::string_view topic);

/// `topic` holds no zero byte and at most `max_topic_bytes`.
[[nodiscard]] std::string published(std::string_view topic, std::string_view message);

/// Topic and message, both inside `frame`. Nothing when it has no topic of a legal length.
[[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>>
split_published(std::string_view frame) noexcept;

} // namespace malla::wire
