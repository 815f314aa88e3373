// SPDX-License-Identifier: Apache-2.0
#include "plugins/beacon/sightings.hpp"

#include "malla/discovery/link.hpp"

#include <utility>

namespace malla::plugins {

Sightings::Sightings(NodeId self, std::string cluster) : self_{self}, cluster_{std::move(cluster)} {}

bool Sightings::is_for_us(const BeaconFrame& frame) const { return frame.node != self_ && frame.cluster == cluster_; }

bool Sightings::hear(const BeaconFrame& frame, std::string_view from, Clock::time_point now) {
    if (!is_for_us(frame) || frame.endpoint.empty()) return false;
    if (frame.kind == BeaconFrame::Kind::gone) return nodes_.erase(frame.node) != 0;
    auto endpoint = discovery::with_host_of(frame.endpoint, std::string{"tcp://"}.append(from).append(":0"));
    const auto known = nodes_.find(frame.node);
    if (known == nodes_.end() && nodes_.size() == max_nodes) return false;
    const bool news = known == nodes_.end() || known->second.endpoint != endpoint;
    nodes_.insert_or_assign(frame.node, Sighting{std::move(endpoint), now});
    return news;
}

bool Sightings::forget(Clock::time_point now) {
    return std::erase_if(nodes_, [&](const auto& each) { return now - each.second.heard >= lease; }) != 0;
}

std::vector<std::string> Sightings::endpoints() const {
    std::vector<std::string> all;
    all.reserve(nodes_.size());
    for (const auto& [node, sighting] : nodes_) all.push_back(sighting.endpoint);
    return all;
}

} // namespace malla::plugins
