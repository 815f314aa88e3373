// SPDX-License-Identifier: Apache-2.0
#include "malla/node/connections.hpp"

#include <algorithm>

namespace malla {

using transport::LinkEvent;

std::optional<transport::Peer> Connections::note(transport::Peer peer, int connection, bool call) {
    if (connection < 0) return std::nullopt; // the monitor would not tell of its end
    const std::lock_guard lock{mutex_};
    Connection& known = connections_[connection];
    std::optional<transport::Peer> before;
    if (known.peer != peer) {
        if (known.peer && known.open) ++known.ends_of_others;
        before = known.peer;
        known.peer = peer;
        known.calls = false;
    }
    known.calls = known.calls || call;
    return before;
}

std::vector<transport::Peer> Connections::on_events(std::span<const LinkEvent> events) {
    std::vector<transport::Peer> gone;
    const std::lock_guard lock{mutex_};
    for (const LinkEvent& event : events) {
        if (event.kind == LinkEvent::Kind::connected) connections_[event.connection].open = true;
        if (event.kind != LinkEvent::Kind::disconnected) continue;
        const auto known = connections_.find(event.connection);
        if (known == connections_.end()) continue;
        if (known->second.ends_of_others > 0) {
            --known->second.ends_of_others;
            known->second.open = false;
            continue;
        }
        if (known->second.peer) gone.push_back(*known->second.peer);
        connections_.erase(known);
    }
    ended_.notify_all();
    return gone;
}

std::vector<transport::Peer> Connections::callers() const {
    const std::lock_guard lock{mutex_};
    std::vector<transport::Peer> peers;
    for (const auto& [number, connection] : connections_)
        if (connection.calls) peers.push_back(*connection.peer);
    return peers;
}

bool Connections::wait_without_callers(Deadline deadline) const {
    std::unique_lock lock{mutex_};
    return ended_.wait_until(lock, deadline.at(), [this] {
        return std::ranges::none_of(connections_,
                                    [](const auto& each) { return each.second.open && each.second.calls; });
    });
}

} // namespace malla
