// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "plugins/beacon/frame.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace malla::plugins {

/// Who was heard lately on a beacon. Reads no clock.
class Sightings {
public:
    static constexpr std::size_t max_nodes = 1000;
    /// Who is not heard for so long is forgotten.
    static constexpr Clock::duration lease = std::chrono::seconds{5};

    explicit Sightings(NodeId self, std::string cluster);

    /// `from` is the address that a frame came from; it takes the place of a wildcard in an endpoint.
    /// Whether other endpoints are named since.
    bool hear(const BeaconFrame& frame, std::string_view from, Clock::time_point now);
    /// As `hear`.
    bool forget(Clock::time_point now);
    /// Whether it is for this node: of another node and of its cluster.
    [[nodiscard]] bool is_for_us(const BeaconFrame& frame) const;
    [[nodiscard]] std::vector<std::string> endpoints() const;

private:
    struct Sighting {
        std::string endpoint;
        Clock::time_point heard;
    };

    NodeId self_;
    std::string cluster_;
    std::map<NodeId, Sighting> nodes_;
};

} // namespace malla::plugins
