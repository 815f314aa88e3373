// SPDX-License-Identifier: Apache-2.0
#include "malla/node/ways.hpp"

#include <algorithm>

namespace malla {

std::optional<std::string> Ways::broker_to(NodeId node) const {
    const std::lock_guard lock{mutex_};
    const auto found = ways_.find(node);
    if (found == ways_.end() || found->second.broker.empty()) return std::nullopt;
    return found->second.broker;
}

bool Ways::none_to(NodeId node) const {
    const std::lock_guard lock{mutex_};
    const auto found = ways_.find(node);
    return found != ways_.end() && found->second.broker.empty();
}

std::optional<std::string> Ways::direct_failed(NodeId node, const std::vector<std::string>& brokers) {
    const std::lock_guard lock{mutex_};
    Way& way = ways_[node];
    if (!way.broker.empty()) return way.broker;
    if (brokers.empty()) return std::nullopt;
    way.broker = brokers.front();
    return way.broker;
}

std::optional<std::string> Ways::broker_failed(NodeId node, std::string_view broker,
                                               const std::vector<std::string>& brokers) {
    const std::lock_guard lock{mutex_};
    const auto found = ways_.find(node);
    if (found == ways_.end()) return std::nullopt;
    Way& way = found->second;
    if (way.broker != broker) return way.broker;
    way.failed.insert(way.broker);
    const auto next = std::ranges::find_if(brokers, [&](const auto& each) { return !way.failed.contains(each); });
    if (next != brokers.end()) return way.broker = *next;
    ways_.erase(found);
    return std::nullopt;
}

void Ways::forget(NodeId node) {
    const std::lock_guard lock{mutex_};
    ways_.erase(node);
}

} // namespace malla
