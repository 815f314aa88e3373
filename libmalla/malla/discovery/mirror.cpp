// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/mirror.hpp"

#include <algorithm>
#include <utility>

namespace malla::discovery {

void Mirror::put(NodeId node, std::uint64_t sequence, Clock::time_point now) {
    const auto [found, added] = listed_.try_emplace(node, Listed{sequence, now});
    if (!added) {
        if (found->second.sequence >= sequence) return;
        hash_ -= wire::digest_entry(node, found->second.sequence);
        found->second = Listed{sequence, now};
    }
    hash_ += wire::digest_entry(node, sequence);
}

void Mirror::erase(NodeId node) {
    former_.erase(node);
    const auto found = listed_.find(node);
    if (found == listed_.end()) return;
    hash_ -= wire::digest_entry(node, found->second.sequence);
    listed_.erase(found);
}

std::vector<NodeId> Mirror::assign(std::span<const wire::Entry> listing, Clock::time_point asked_at,
                                   Clock::time_point now) {
    std::set<NodeId> kept;
    for (const wire::Entry& entry : listing) {
        kept.insert(entry.node);
        const auto known = listed_.find(entry.node);
        if (known != listed_.end() && known->second.since < asked_at) {
            hash_ -= wire::digest_entry(entry.node, known->second.sequence);
            listed_.erase(known);
        }
        put(entry.node, entry.sequence, now);
    }
    std::vector<NodeId> dropped;
    for (const auto& [node, listed] : listed_)
        if (!kept.contains(node) && listed.since < asked_at) dropped.push_back(node);
    for (const NodeId& node : dropped) erase(node);
    return dropped;
}

void Mirror::renew() {
    for (const auto& [node, listed] : listed_) former_.insert(node);
    listed_.clear();
    hash_ = 0;
}

std::vector<NodeId> Mirror::drop_former() {
    auto gone = missing();
    former_.clear();
    return gone;
}

std::vector<NodeId> Mirror::missing() const {
    std::vector<NodeId> nodes;
    std::ranges::copy_if(former_, std::back_inserter(nodes), [&](const NodeId& node) { return !lists(node); });
    return nodes;
}

std::vector<NodeId> Mirror::listed() const {
    std::vector<NodeId> nodes;
    nodes.reserve(listed_.size());
    for (const auto& [node, listed] : listed_) nodes.push_back(node);
    return nodes;
}

wire::Digest Mirror::digest() const noexcept { return {static_cast<std::uint32_t>(listed_.size()), hash_}; }

} // namespace malla::discovery
