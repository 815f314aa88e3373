// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/directory.hpp"

#include <algorithm>
#include <utility>

namespace malla::discovery {

namespace {

/// Calls `visit` with the name of each service of the node that may be given calls.
template <class Visit>
void for_each_callable(const wire::NodeRecord& record, Visit&& visit) {
    if (record.draining) return;
    for (const auto& service : record.services)
        if (service.is_callable()) visit(service.name);
}

} // namespace

Applied Directory::apply(wire::NodeRecord record, Clock::time_point now) {
    tidy(now);
    const NodeId node = record.id;
    const auto found = records_.find(node);
    if (found != records_.end() && found->second.sequence == record.sequence)
        return found->second == record ? Applied::same : Applied::conflict;
    if (record.sequence <= std::max(sequence_of(node), buried_sequence(node))) return Applied::old;
    if (found == records_.end() && records_.size() >= max_nodes_) {
        ++turned_away_;
        return Applied::full;
    }
    unbury(node);
    if (found != records_.end()) unindex(found->second);
    wire::NodeRecord& listed = records_[node];
    listed = std::move(record);
    index(listed);
    return found == records_.end() ? Applied::added : Applied::updated;
}

bool Directory::remove(NodeId node, std::uint64_t sequence, Clock::time_point now) {
    tidy(now);
    const auto found = records_.find(node);
    if (found == records_.end()) {
        bury(node, sequence, now);
        return false;
    }
    if (found->second.sequence > sequence) return false;
    unindex(found->second);
    records_.erase(found);
    bury(node, sequence, now);
    return true;
}

void Directory::tidy(Clock::time_point now) {
    while (!burials_.empty() && burials_.begin()->first + tombstone_life <= now) unbury(burials_.begin()->second);
}

const wire::NodeRecord* Directory::find(NodeId node) const {
    const auto found = records_.find(node);
    return found == records_.end() ? nullptr : &found->second;
}

std::uint64_t Directory::sequence_of(NodeId node) const {
    const auto* record = find(node);
    return record ? record->sequence : 0;
}

bool Directory::wants(const wire::Entry& entry) const {
    if (entry.sequence <= std::max(sequence_of(entry.node), buried_sequence(entry.node))) return false;
    return records_.contains(entry.node) || records_.size() < max_nodes_;
}

std::vector<const wire::NodeRecord*> Directory::nodes_of(std::string_view service, std::mt19937_64& random,
                                                         NodeId local) const {
    std::vector<const wire::NodeRecord*> nodes;
    const auto found = callable_.find(service);
    if (found == callable_.end()) return nodes;
    nodes.reserve(found->second.size());
    for (const NodeId& node : found->second) nodes.push_back(find(node));
    std::ranges::shuffle(nodes, random);
    const auto own = std::ranges::find(nodes, local, &wire::NodeRecord::id);
    if (own != nodes.end()) std::iter_swap(nodes.begin(), own);
    return nodes;
}

std::optional<std::string> Directory::encoded(NodeId node) const {
    const auto* record = find(node);
    if (!record) return std::nullopt;
    auto frame = wire::encode(*record);
    if (!frame) return std::nullopt;
    return *std::move(frame);
}

std::vector<wire::Entry> Directory::entries() const {
    std::vector<wire::Entry> entries;
    entries.reserve(records_.size());
    for (const auto& [node, record] : records_) entries.push_back({node, record.sequence});
    return entries;
}

wire::Digest Directory::digest() const noexcept { return {static_cast<std::uint32_t>(records_.size()), hash_}; }

std::uint64_t Directory::buried_sequence(NodeId node) const {
    const auto found = tombstones_.find(node);
    return found == tombstones_.end() ? 0 : found->second.sequence;
}

void Directory::bury(NodeId node, std::uint64_t sequence, Clock::time_point now) {
    const auto highest = std::max(sequence, buried_sequence(node));
    unbury(node);
    if (tombstones_.size() >= max_nodes_ && !burials_.empty()) unbury(burials_.begin()->second);
    tombstones_[node] = {highest, now};
    burials_.emplace(now, node);
}

void Directory::unbury(NodeId node) {
    const auto found = tombstones_.find(node);
    if (found == tombstones_.end()) return;
    burials_.erase({found->second.at, node});
    tombstones_.erase(found);
}

void Directory::index(const wire::NodeRecord& record) {
    hash_ += wire::digest_entry(record.id, record.sequence);
    for_each_callable(record, [&](const std::string& service) { callable_[service].insert(record.id); });
}

void Directory::unindex(const wire::NodeRecord& record) {
    hash_ -= wire::digest_entry(record.id, record.sequence);
    for_each_callable(record, [&](const std::string& service) {
        const auto found = callable_.find(service);
        if (found == callable_.end()) return;
        found->second.erase(record.id);
        if (found->second.empty()) callable_.erase(found);
    });
}

} // namespace malla::discovery
