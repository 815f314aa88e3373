// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The topics of events: words with a dot between them, as in "orders.eu.created"; and the patterns
/// that choose among them, in which `*` is any one word and `>`, at the end, one word or more.
namespace malla::wire {

/// Why this is no topic, in words, or nothing when it is one: a word is not empty, and made of
/// printable characters other than the space, `*` and `>`.
[[nodiscard]] std::optional<std::string> topic_fault(std::string_view topic);

/// Why this is no pattern, or nothing when it is one. Every topic is the pattern of itself.
[[nodiscard]] std::optional<std::string> pattern_fault(std::string_view pattern);

/// Whether a pattern chooses a topic, both without a fault.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view topic) noexcept;

/// Whether a pattern has a wildcard, so that it may choose several topics.
[[nodiscard]] bool has_wildcard(std::string_view pattern) noexcept;

/// What every topic that the pattern chooses begins with.
[[nodiscard]] std::string_view literal_prefix(std::string_view pattern) noexcept;

} // namespace malla::wire
