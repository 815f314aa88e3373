// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/topic.hpp"

#include "malla/wire/topic_pattern.hpp"

#include <cassert>

namespace malla::wire {

std::string directory_topic(std::string_view cluster) { return "d/" + std::string{cluster}; }

std::string event_topic(std::string_view cluster, std::string_view topic) {
    return std::string{"e/"}.append(cluster).append("/").append(topic);
}

std::string event_subscription(std::string_view cluster, std::string_view pattern) {
    std::string prefix = event_topic(cluster, literal_prefix(pattern));
    if (!has_wildcard(pattern)) prefix = subscription(prefix);
    if (prefix.size() > max_subscription_bytes) prefix.resize(max_subscription_bytes);
    return prefix;
}

std::string subscription(std::string_view topic) {
    std::string text{topic};
    text.push_back('\0');
    return text;
}

std::string published(std::string_view topic, std::string_view message) {
    assert(topic.size() <= max_published_topic_bytes && topic.find('\0') == std::string_view::npos);
    std::string frame;
    frame.reserve(topic.size() + 1 + message.size());
    frame.append(topic);
    frame.push_back('\0');
    frame.append(message);
    return frame;
}

std::optional<std::pair<std::string_view, std::string_view>> split_published(std::string_view frame) noexcept {
    const std::size_t end = frame.substr(0, max_published_topic_bytes + 1).find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return std::pair{frame.substr(0, end), frame.substr(end + 1)};
}

} // namespace malla::wire
