// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace malla {

/// An instance that may be called.
struct Instance {
    NodeId node;
    std::string node_name;
    std::string endpoint;
    bool has_callback = true;  ///< it announces the one that was asked for
    std::uint32_t load = 0;    ///< calls in flight when its node announced itself last
    bool ejected = false;      ///< its circuit is open: it gets a probe now and then
    bool reads_binary = true;  ///< else JSON only
    bool types_differ = false; ///< it takes other types than the caller means, so it gets no call
};

/// Puts the instances in the order in which they take calls with `key`: the same for everyone who knows the same
/// nodes, and without one of them the order of the others is as before (rendezvous hashing by the names of the nodes).
void order_by_key(std::vector<Instance>& instances, std::string_view key);

/// Of the first two, puts the one in front that has fewer of this node's calls, or was less busy when it announced
/// itself. Two choices at random are nearly as good as knowing all, and nobody runs to the same one
/// (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing").
void prefer_less_busy(std::vector<Instance>& instances, const std::function<std::size_t(const Instance&)>& own_calls);

} // namespace malla
