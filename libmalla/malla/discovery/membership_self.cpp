// SPDX-License-Identifier: Apache-2.0
// How a node announces itself, and whom it listens to since they joined through it.
#include "malla/base/log.hpp"
#include "malla/discovery/membership_parts.hpp"

#include <algorithm>
#include <utility>

namespace malla::discovery {

void Membership::Parts::update(wire::NodeRecord self) {
    if (!options_.hosts) return;
    const Change change = revise(&self, 0);
    poller.post([this, change] { directory.tell(change); });
}

/// Somebody holds an old record of this node for newer than ours, or thinks that it is dead.
void Membership::Parts::refute(std::uint64_t above) {
    if (options_.hosts && !left_) directory.tell(revise(nullptr, above));
}

/// The own record with a new sequence. The lock keeps records in the order of their sequences.
Change Membership::Parts::revise(wire::NodeRecord* with, std::uint64_t above) {
    const std::lock_guard lock{self_mutex_};
    if (with != nullptr) {
        self_.services = std::move(with->services);
        self_.load = with->load;
        self_.draining = with->draining;
    }
    self_.sequence = std::max(self_.sequence, above) + 1;
    directory.announce_quietly(self_, Clock::now());
    return Change{Change::Kind::updated, self_.id, self_.sequence, {}};
}

std::uint64_t Membership::Parts::sequence() const {
    const std::lock_guard lock{self_mutex_};
    return self_.sequence;
}

void Membership::Parts::on_change(const Change& change) {
    if (change.node == self_.id) return announce_to_all(change);
    if (!rendezvous_ || left_) return;
    // Links may not be made or ended while one of them is calling.
    if (change.kind == Change::Kind::gone) poller.post([this, node = change.node] { leave_back(node); });
    else if (rendezvous_->is_member(change.node)) poller.post([this, node = change.node] { join_back(node); });
}

void Membership::Parts::announce_to_all(const Change& change) {
    if (change.kind == Change::Kind::gone) return;
    for (const auto& [id, joined] : links_) announce(id);
}

void Membership::Parts::announce(LinkId id) {
    if (!options_.hosts || left_) return;
    const auto found = links_.find(id);
    if (found == links_.end() || !found->second.link->is_up()) return;
    auto message = [&] {
        const std::lock_guard lock{self_mutex_};
        return wire::encode(self_);
    }();
    if (message) found->second.link->send(*std::move(message));
    else log(LogLevel::error, "this node cannot be announced: " + message.error().info());
}

/// Whoever joins through this node is listened to in turn, for it may pass on others.
void Membership::Parts::join_back(NodeId node) {
    if (left_ || !rendezvous_->is_member(node)) return;
    const auto endpoint = directory.read([&](const Directory& each) {
        const auto* record = each.find(node);
        const bool publishes = record != nullptr && !record->publish_endpoint.empty() && !record->endpoints.empty();
        return publishes ? record->endpoints.front() : std::string{};
    });
    const bool known = std::ranges::any_of(links_, [&](const auto& each) {
        return each.second.back_to == node || each.second.link->endpoint() == endpoint;
    });
    if (endpoint.empty() || known) return;
    const LinkId id{++last_link_};
    open_link(id, endpoint, node, false);
    links_.at(id).link->open();
}

void Membership::Parts::leave_back(NodeId node) {
    const auto found = std::ranges::find_if(links_, [&](const auto& each) { return each.second.back_to == node; });
    if (node.is_nil() || found == links_.end() || rendezvous_->is_member(node)) return;
    view_.remove(found->first, Clock::now());
    links_.erase(found);
}

} // namespace malla::discovery
