// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace malla {

/// Which way a node's calls take to each other node: directly, which is always tried first, or through a broker that
/// passes them on. Any thread.
class Ways {
public:
    /// The broker, by its endpoint; nothing: directly.
    [[nodiscard]] std::optional<std::string> broker_to(NodeId node) const;
    /// Whether it cannot be connected to, and no broker passes on calls.
    [[nodiscard]] bool none_to(NodeId node) const;

    /// A connection to `node` cannot be made. Gives the broker that its calls take from now on, if there is one.
    std::optional<std::string> direct_failed(NodeId node, const std::vector<std::string>& brokers);
    /// `broker` does not lead to `node`. Gives the next one; behind the last one the direct way is tried anew.
    std::optional<std::string> broker_failed(NodeId node, std::string_view broker,
                                             const std::vector<std::string>& brokers);
    /// It can be connected to, or is gone.
    void forget(NodeId node);

private:
    struct Way {
        std::string broker;           ///< empty: there is none
        std::set<std::string> failed; ///< brokers
    };

    mutable std::mutex mutex_;
    std::unordered_map<NodeId, Way> ways_; ///< those that are not direct
};

} // namespace malla
