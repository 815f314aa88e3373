// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/view.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

namespace malla::discovery {

View::View(NodeId self, const Timing& timing, Outlets outlets, SharedDirectory& directory)
    : self_{self}, timing_{timing}, outlets_{std::move(outlets)}, directory_{directory} {}

void View::up(LinkId link, const wire::Welcome& by, bool asked, Clock::time_point now) {
    Source& source = sources_[link];
    source.mirror.renew();
    source.node = by.node;
    source.relays = by.role != wire::Role::broker;
    source.live = true;
    source.awaiting_snapshot = true;
    source.since = now;
    source.verify_at = now + timing_.beat;
    source.listing_asked_at.reset();
    if (!asked) outlets_.send(link, wire::encode(wire::Ask{}));
}

void View::down(LinkId link, Clock::time_point now) {
    const auto found = sources_.find(link);
    if (found == sources_.end() || !found->second.live) return;
    found->second.live = false;
    found->second.since = now;
    found->second.verify_at = now + timing_.beat;
    mark_stale();
}

void View::remove(LinkId link, Clock::time_point now) {
    auto node = sources_.extract(link);
    if (node.empty()) return;
    node.mapped().mirror.renew();
    for (const NodeId& each : node.mapped().mirror.missing()) {
        if (each == self_ || is_vouched_for(each)) continue;
        if (is_known(each)) outlets_.probe(each);
        else orphans_.emplace(each, now);
    }
}

// Those whom nobody lists any more may be about to come to the places that this node has come to before them.
void View::look_after_orphans(Clock::time_point now) {
    std::erase_if(orphans_, [&](const auto& each) {
        const auto& [node, since] = each;
        if (is_known(node)) return true;
        if (now - since < timing_.lease()) return false;
        directory_.gone(node, listed_sequence(node), "its rendezvous is no longer used", now);
        return true;
    });
}

void View::on_message(LinkId link, const wire::Message& message, Clock::time_point now) {
    const auto found = sources_.find(link);
    if (found == sources_.end() || !found->second.live) return;
    Source& source = found->second;
    if (const auto* announce = std::get_if<wire::Announce>(&message)) on(link, source, *announce, now);
    else if (const auto* gone = std::get_if<wire::Gone>(&message)) on(link, source, *gone, now);
    else if (const auto* digest = std::get_if<wire::Digest>(&message)) on(link, source, *digest, now);
    else if (const auto* listing = std::get_if<wire::Listing>(&message)) on(link, source, *listing, now);
    else if (const auto* suspect = std::get_if<wire::Suspect>(&message)) on(*suspect);
    else if (std::holds_alternative<wire::Ask>(message)) outlets_.announce(link);
    else if (std::holds_alternative<wire::SnapshotEnd>(message)) {
        source.awaiting_snapshot = false;
        source.complete = true;
        mark_stale();
    }
}

void View::on(LinkId link, Source& source, const wire::Announce& announce, Clock::time_point now) {
    const wire::NodeRecord& record = announce.record;
    source.mirror.put(record.id, record.sequence, now);
    if (record.id == self_) {
        if (record.sequence > listed_sequence(self_)) outlets_.refute(record.sequence);
    } else if (directory_.announce(record, now) == Applied::old) {
        revive(link, {record.id, record.sequence});
    }
}

/// Only a higher sequence brings back a node that was taken for dead here: whoever lists it has it say so.
void View::revive(LinkId link, const wire::Entry& entry) {
    const auto buried = directory_.read([&](const Directory& directory) {
        return directory.find(entry.node) == nullptr ? directory.buried_sequence(entry.node) : 0;
    });
    if (entry.sequence <= buried) outlets_.send(link, wire::encode(wire::Suspect{entry.node, buried}));
}

void View::on(LinkId link, Source& source, const wire::Gone& gone, Clock::time_point now) {
    if (gone.node == self_) {
        source.mirror.erase(self_);
        return gone.sequence == 0 ? outlets_.announce(link) : outlets_.refute(gone.sequence);
    }
    const auto known = listed_sequence(gone.node);
    if (gone.sequence != 0 && gone.sequence < known) return; // it has announced itself since
    source.mirror.erase(gone.node);
    const auto sequence = std::max(gone.sequence, known);
    if (outlets_.hears(gone.node)) return outlets_.contradict(gone.node, sequence);
    if (is_vouched_for(gone.node)) return;
    drop(gone.node, sequence, gone.reason, now);
}

/// Those who list it still are asked to have it speak, if they hear it.
void View::drop(NodeId node, std::uint64_t sequence, std::string_view reason, Clock::time_point now) {
    for (auto& [id, source] : sources_) {
        if (source.live && source.mirror.lists(node)) outlets_.send(id, wire::encode(wire::Suspect{node, sequence}));
        source.mirror.erase(node);
    }
    directory_.gone(node, sequence, reason, now);
}

void View::on(LinkId link, Source& source, const wire::Digest& digest, Clock::time_point now) {
    if (source.awaiting_snapshot && now - source.since < timing_.lease()) return;
    source.awaiting_snapshot = false;
    if (source.mirror.digest() == digest) return;
    if (!source.listing_asked_at || now - *source.listing_asked_at >= timing_.beat) compare(link, now);
}

void View::compare(LinkId link, Clock::time_point now) {
    const auto found = sources_.find(link);
    if (found == sources_.end() || !found->second.live) return;
    found->second.listing_asked_at = now;
    outlets_.send(link, wire::encode(wire::AskListing{}));
}

void View::on(LinkId link, Source& source, const wire::Listing& listing, Clock::time_point now) {
    const auto asked_at = source.listing_asked_at.value_or(now);
    source.listing_asked_at.reset();
    source.complete = true;
    for (const NodeId& node : source.mirror.assign(listing.entries, asked_at, now)) {
        if (node == self_) outlets_.announce(link);
        else drop_unless_listed(node, "its rendezvous no longer lists it", now);
    }
    ask_for_newer(link, listing);
    for (const wire::Entry& entry : listing.entries) revive(link, entry);
}

void View::ask_for_newer(LinkId link, const wire::Listing& listing) {
    auto newer = directory_.read([&](const Directory& directory) {
        std::vector<NodeId> nodes;
        for (const wire::Entry& entry : listing.entries)
            if (entry.node != self_ && directory.wants(entry)) nodes.push_back(entry.node);
        return nodes;
    });
    if (!newer.empty()) outlets_.send(link, wire::encode(wire::Ask{std::move(newer)}));
}

void View::on(const wire::Suspect& suspect) {
    if (suspect.node == self_) outlets_.refute(suspect.sequence);
}

void View::on_probed(NodeId node, bool alive, Clock::time_point now) {
    if (!alive && node != self_ && !is_vouched_for(node))
        drop(node, listed_sequence(node), "it cannot be reached", now);
}

void View::tick(Clock::time_point now) {
    for (auto& [id, source] : sources_) check(source, now);
    look_after_orphans(now);
    mark_stale();
}

void View::check(Source& source, Clock::time_point now) {
    if (now >= source.verify_at) {
        source.verify_at = now + timing_.verify_every;
        verify(source.live ? source.mirror.missing() : source.mirror.listed());
    }
    if (!source.live || now - source.since < timing_.lease()) return;
    for (const NodeId& node : source.mirror.drop_former()) drop_unless_listed(node, "it did not come back", now);
}

void View::verify(const std::vector<NodeId>& nodes) {
    for (const NodeId& node : nodes)
        if (node != self_ && !is_heard(node)) outlets_.probe(node);
}

void View::drop_unless_listed(NodeId node, std::string_view reason, Clock::time_point now) {
    if (node == self_ || is_vouched_for(node)) return;
    if (is_known(node)) outlets_.probe(node); // by those who may have it from each other
    else directory_.gone(node, listed_sequence(node), reason, now);
}

bool View::is_known(NodeId node) const {
    return outlets_.hears(node) ||
           std::ranges::any_of(sources_, [&](const auto& each) { return each.second.mirror.knows(node); });
}

bool View::is_heard(NodeId node) const { return outlets_.hears(node) || is_listed(node); }

bool View::is_listed(NodeId node) const {
    return std::ranges::any_of(sources_,
                               [&](const auto& each) { return each.second.live && each.second.mirror.lists(node); });
}

bool View::is_vouched_for(NodeId node) const {
    return outlets_.hears(node) || std::ranges::any_of(sources_, [&](const auto& each) {
               const Source& source = each.second;
               return source.live && source.mirror.lists(node) && (!source.relays || source.node == node);
           });
}

void View::mark_stale() {
    std::set<NodeId> stale;
    for (const wire::Entry& entry : directory_.read([](const Directory& directory) { return directory.entries(); }))
        if (entry.node != self_ && !is_heard(entry.node)) stale.insert(entry.node);
    directory_.set_stale(std::move(stale));
}

std::uint64_t View::listed_sequence(NodeId node) const {
    return directory_.read([&](const Directory& directory) { return directory.sequence_of(node); });
}

bool View::has_snapshot(LinkId link) const {
    const auto found = sources_.find(link);
    return found != sources_.end() && found->second.complete;
}

} // namespace malla::discovery
