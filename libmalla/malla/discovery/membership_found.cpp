// SPDX-License-Identifier: Apache-2.0
// The links to those whom finders name.
#include "malla/discovery/membership_parts.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace malla::discovery {

namespace {

// So that a registry that does not answer leaves time for what else a goodbye takes.
constexpr auto withdrawal_limit = std::chrono::milliseconds{200};

} // namespace

Result<void> Membership::Parts::open_finders() {
    if (options_.finders.empty()) return {};
    const LinkId first{last_link_ + 1};
    last_link_ += static_cast<std::uint32_t>(options_.finders.size());
    finders_.emplace(poller, joining, first, finder_outlets());
    return finders_->open(options_.finders);
}

void Membership::Parts::start_finders() {
    if (!finders_) return;
    Finder::Host host;
    host.cluster = self_.cluster;
    host.node = self_.id;
    if (options_.hosts) host.endpoints = self_.endpoints;
    finders_->start(host, {2 * options_.timing.probe_limit, options_.timing.verify_every});
}

void Membership::Parts::stop_finders(Deadline deadline) {
    if (finders_) finders_->stop(std::min(deadline, Deadline::in(withdrawal_limit)));
}

Finders::Outlets Membership::Parts::finder_outlets() {
    Finders::Outlets outlets;
    outlets.link = [this](const std::string& endpoint) { link_found(endpoint); };
    outlets.unlink = [this](const std::string& endpoint) { unlink_found(endpoint); };
    outlets.any_up = [this](bool any) {
        const bool named = !options_.brokers.empty() || !options_.peers.empty();
        set_alone(options_.hosts && !named && !any);
    };
    return outlets;
}

/// One that was made since the other joined through this node is taken over.
void Membership::Parts::link_found(const std::string& endpoint) {
    const auto existing =
        std::ranges::find_if(links_, [&](const auto& each) { return each.second.link->endpoint() == endpoint; });
    if (existing == links_.end()) {
        const LinkId id{++last_link_};
        open_link(id, endpoint, {}, false);
        links_.at(id).found = true;
        return links_.at(id).link->open();
    }
    auto& [id, joined] = *existing;
    if (!joined.back_to.is_nil()) {
        joined.back_to = {};
        joined.found = true;
        if (joined.link->is_up()) listen_to_events(id);
    }
    if (joined.link->is_up()) finders_->up(endpoint);
    if (joined.link->is_up() && view_.has_snapshot(id)) finders_->complete(endpoint);
}

/// Who joined through this node is still listened to.
void Membership::Parts::unlink_found(const std::string& endpoint) {
    const auto ended = std::ranges::find_if(
        links_, [&](const auto& each) { return each.second.found && each.second.link->endpoint() == endpoint; });
    if (ended == links_.end()) return;
    auto& [id, joined] = *ended;
    sender->down(id);
    receiver->drop_source(id);
    joined.found = false;
    if (rendezvous_ && !joined.node.is_nil() && rendezvous_->is_member(joined.node)) {
        joined.back_to = joined.node;
        return;
    }
    view_.remove(id, Clock::now());
    links_.erase(ended);
}

void Membership::Parts::set_alone(bool alone) {
    sender->set_alone(alone);
    receiver->set_alone(alone);
}

} // namespace malla::discovery
