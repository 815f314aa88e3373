// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/transport/poller.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace malla::discovery {

/// Finds out whether somebody still listens at the endpoints of nodes, by connecting to them and
/// hanging up. Never waits; a node is tried once at a time.
///
/// On the thread of its poller, which must outlive it.
class Prober {
public:
    using Done = std::function<void(NodeId, bool alive)>;

    /// Whoever does not answer within `limit` is not alive.
    Prober(transport::Poller& poller, Clock::duration limit, Done done);
    ~Prober();
    Prober(const Prober&) = delete;
    Prober& operator=(const Prober&) = delete;

    /// Alive if one of the endpoints takes a connection; if there is none that can be tried, too.
    /// Answers by `done`, later.
    void probe(NodeId node, const std::vector<std::string>& endpoints);

private:
    struct Try {
        std::vector<std::string> endpoints; // still to be tried, the last one first
        int fd = -1;
        transport::TimerId limit{};
    };
    using Tries = std::map<NodeId, Try>;

    void next(NodeId node);
    void on_ready();
    void hang_up(Try& attempt);
    void end(NodeId node, bool alive);

    transport::Poller& poller_;
    Clock::duration limit_;
    Done done_;
    int epoll_;
    Tries tries_;
};

} // namespace malla::discovery
