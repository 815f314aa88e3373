// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/transport/message.hpp"
#include "malla/transport/monitor.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace malla {

/// The connections of a node's ROUTER that are open, and which of them carry calls. Any thread.
///
/// What a connection carries and what the monitor tells of it come by different ways, in any order,
/// and the number of a connection that has ended is soon another's.
class Connections {
public:
    /// Something came from `peer` over that connection: a call, or not. Harmless when said again. Gives
    /// the peer that had the connection's number before: that one's has ended.
    std::optional<transport::Peer> note(transport::Peer peer, int connection, bool call);
    /// Gives the peers whose connections have ended, as far as they were noted.
    std::vector<transport::Peer> on_events(std::span<const transport::LinkEvent> events);
    /// Those that call, or did.
    [[nodiscard]] std::vector<transport::Peer> callers() const;
    /// Waits until no open connection carries calls; false at the deadline.
    [[nodiscard]] bool wait_without_callers(Deadline deadline) const;

private:
    struct Connection {
        bool open = false; ///< by what the monitor has told
        std::optional<transport::Peer> peer;
        bool calls = false;
        unsigned ends_of_others = 0; ///< of those that had the number before, which the monitor has yet to tell
    };

    mutable std::mutex mutex_;
    mutable std::condition_variable ended_;
    std::unordered_map<int, Connection> connections_; // by number
};

} // namespace malla
