// SPDX-License-Identifier: Apache-2.0
// What a membership does for calls that go through its brokers.
#include "malla/discovery/membership_parts.hpp"

#include <utility>
#include <variant>

namespace malla::discovery {

std::vector<std::string> Membership::Parts::relays() const {
    const std::lock_guard lock{relays_mutex_};
    return relays_;
}

/// Whoever passes on calls says whose they are, so only those are believed that the node was told to meet at.
void Membership::Parts::relay_up(Joined& joined, const wire::Welcome& by) {
    if (!joined.broker || by.role != wire::Role::broker || !by.relays) return;
    {
        const std::lock_guard lock{relays_mutex_};
        relays_.push_back(joined.link->endpoint());
    }
    if (options_.relayed == nullptr) return;
    joined.way = ++last_way_;
    options_.relayed->way_up(joined.way, joined.link->socket());
}

void Membership::Parts::relay_down(Joined& joined) {
    {
        const std::lock_guard lock{relays_mutex_};
        std::erase(relays_, joined.link->endpoint());
    }
    if (const auto way = std::exchange(joined.way, 0); way != 0) options_.relayed->way_down(way);
}

bool Membership::Parts::take_relayed(const Joined& joined, const wire::Message& message) {
    const auto* frame = std::get_if<wire::Relay>(&message);
    const auto* ended = std::get_if<wire::RelayEnd>(&message);
    if (joined.way != 0 && frame != nullptr) options_.relayed->take(joined.way, *frame);
    if (joined.way != 0 && ended != nullptr) options_.relayed->end(joined.way, ended->circuit);
    return frame != nullptr || ended != nullptr;
}

} // namespace malla::discovery
