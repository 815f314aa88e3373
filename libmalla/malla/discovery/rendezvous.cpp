// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/rendezvous.hpp"

#include "malla/base/log.hpp"
#include "malla/transport/endpoint.hpp"
#include "malla/wire/topic.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace malla::discovery {

using transport::Peer;

bool is_for_rendezvous(wire::Type type) noexcept {
    using enum wire::Type;
    return type == hello || type == announce || type == beat || type == bye || type == ask || type == suspect ||
           type == ask_listing || type == publish;
}

Rendezvous::Rendezvous(wire::Welcome welcome, const Timing& timing, Outlets outlets, SharedDirectory& directory)
    : welcome_{std::move(welcome)}, timing_{timing}, outlets_{std::move(outlets)},
      directory_{directory}, topic_{wire::directory_topic(welcome_.cluster)} {
    directory_.observe([this](const Change& change) { publish(change); });
}

void Rendezvous::on_message(Peer peer, int connection, std::string_view frame, Clock::time_point now,
                            std::string_view key) {
    auto decoded = wire::decode(frame);
    if (!decoded) return refuse(peer, decoded.error());
    if (const auto* hello = std::get_if<wire::Hello>(&*decoded)) return on(peer, connection, *hello, now, key);
    const auto found = members_.find(peer);
    if (found == members_.end()) return refuse(peer, Status{"bad_request", "say HELLO first"});
    Member& member = found->second;
    member.heard = now;
    if (auto* announce = std::get_if<wire::Announce>(&*decoded)) on(peer, member, std::move(*announce), now);
    else if (const auto* beat = std::get_if<wire::Beat>(&*decoded)) on(peer, member, *beat);
    else if (const auto* ask = std::get_if<wire::Ask>(&*decoded)) on(peer, *ask);
    else if (const auto* bye = std::get_if<wire::Bye>(&*decoded)) on_bye(peer, member, *bye, now);
    else if (const auto* suspect = std::get_if<wire::Suspect>(&*decoded)) on_suspect(*suspect);
    else if (std::holds_alternative<wire::AskListing>(*decoded)) send_listing(peer);
    else if (const auto* event = std::get_if<wire::Publish>(&*decoded)) on(peer, member, *event, frame);
}

void Rendezvous::on(Peer peer, int connection, const wire::Hello& hello, Clock::time_point now, std::string_view key) {
    if (const auto status = objection(hello)) return refuse(peer, *status);
    take_over(connection, peer, now);
    members_.insert_or_assign(peer,
                              Member{hello.node, hello.name, connection, std::string{key}, now, hello.takes_relayed});
    outlets_.send(peer, wire::encode(welcome_));
}

void Rendezvous::on(Peer peer, const Member& member, const wire::Publish& event, std::string_view frame) {
    if (event.publisher != member.node || event.name != member.name)
        return refuse(peer, Status{"forbidden", "a node publishes only its own events"});
    outlets_.publish(wire::published(wire::event_topic(welcome_.cluster, event.topic), frame));
}

std::optional<Status> Rendezvous::objection(const wire::Hello& hello) const {
    if (hello.min_version > wire::version || hello.max_version < wire::min_version)
        return Status{"version_unsupported",
                      "this node speaks " + std::to_string(wire::min_version) + " to " + std::to_string(wire::version)};
    if (hello.cluster != welcome_.cluster) return Status{"wrong_cluster", welcome_.cluster};
    if (hello.node.is_nil()) return Status{"bad_request", "HELLO: the node id is nil"};
    if (hello.node == welcome_.node) return Status{"conflict", "the node has reached itself"};
    if (members_.size() >= wire::max_nodes) return Status{"busy", "directory"};
    return std::nullopt;
}

// The number of a connection can come with a new peer before the event of its former end.
void Rendezvous::take_over(int connection, Peer by, Clock::time_point now) {
    if (connection < 0) return;
    const auto former = std::ranges::find_if(
        members_, [&](const auto& each) { return each.second.connection == connection && each.first != by; });
    if (former == members_.end()) return;
    on_disconnected(connection, now);
    ++replaced_[connection];
}

void Rendezvous::on_disconnected(int connection, Clock::time_point now) {
    if (const auto replaced = replaced_.find(connection); replaced != replaced_.end()) {
        if (--replaced->second == 0) replaced_.erase(replaced);
        return;
    }
    const auto found =
        std::ranges::find_if(members_, [&](const auto& each) { return each.second.connection == connection; });
    if (connection < 0 || found == members_.end()) return;
    Member& member = found->second;
    member.connection = -1;
    member.heard = now;
    if (has_announced(found->first, member)) outlets_.probe(member.node);
    else lose(found);
}

bool Rendezvous::has_let_in(NodeId node, std::string_view key) const {
    return std::ranges::any_of(members_,
                               [&](const auto& each) { return each.second.node == node && each.second.key == key; });
}

std::optional<std::pair<Peer, int>> Rendezvous::way_to(NodeId node) const {
    const auto announced = announced_.find(node);
    if (announced == announced_.end()) return std::nullopt;
    const Member& member = members_.at(announced->second);
    if (member.connection < 0 || !member.takes_relayed) return std::nullopt;
    return std::pair{announced->second, member.connection};
}

void Rendezvous::hear(Peer peer, Clock::time_point now) {
    if (const auto found = members_.find(peer); found != members_.end()) found->second.heard = now;
}

void Rendezvous::on(Peer peer, const Member& member, wire::Announce announce, Clock::time_point now) {
    wire::NodeRecord& record = announce.record;
    if (record.id != member.node || record.cluster != welcome_.cluster || !is_its_own(member, record)) {
        log(LogLevel::warning, "node " + member.name + " announced a record that is not its own: ignored");
        return refuse(peer, Status{"forbidden", "a node announces only itself"});
    }
    announced_.insert_or_assign(record.id, peer);
    const NodeId node = record.id;
    const auto sequence = record.sequence;
    const Applied applied = directory_.announce(std::move(record), now);
    if (applied == Applied::full)
        log(LogLevel::warning, "the directory is full: node " + member.name + " is not listed");
    if (applied != Applied::old && applied != Applied::conflict) return;
    // It does not know what others were told of it: it has to say something newer.
    outlets_.send(peer, wire::encode(wire::Suspect{node, std::max(sequence, listed_sequence(node))}));
}

/// Where nodes have keys: whether its key is the one of all its endpoints, and of what is listed of that node.
bool Rendezvous::is_its_own(const Member& member, const wire::NodeRecord& record) const {
    if (member.key.empty()) return true;
    const auto has_its_key = [&](const std::string& endpoint) {
        return transport::split_key(endpoint).key == member.key;
    };
    const auto all_have = [&](const wire::NodeRecord& each) {
        return std::ranges::all_of(each.endpoints, has_its_key) &&
               (each.publish_endpoint.empty() || has_its_key(each.publish_endpoint));
    };
    return all_have(record) && directory_.read([&](const Directory& directory) {
        const auto* known = directory.find(record.id);
        return known == nullptr || all_have(*known);
    });
}

void Rendezvous::on(Peer peer, const Member& member, const wire::Beat& beat) {
    if (beat.node != member.node) return;
    if (listed_sequence(beat.node) != beat.sequence) outlets_.send(peer, wire::encode(wire::Ask{{beat.node}}));
}

void Rendezvous::on(Peer peer, const wire::Ask& ask) {
    if (ask.nodes.empty()) return send_snapshot(peer);
    for (const NodeId& node : ask.nodes) {
        auto record = directory_.read([&](const Directory& directory) { return directory.encoded(node); });
        outlets_.send(peer, record ? std::move(*record) : wire::encode(wire::Gone{node, 0, "not listed"}));
    }
}

void Rendezvous::send_snapshot(Peer peer) {
    const auto entries = directory_.read([](const Directory& directory) { return directory.entries(); });
    const wire::Digest digest = wire::digest_of(entries);
    for (const wire::Entry& entry : entries) {
        auto record = directory_.read([&](const Directory& directory) { return directory.encoded(entry.node); });
        if (record) outlets_.send(peer, std::move(*record));
    }
    outlets_.send(peer, wire::encode(wire::SnapshotEnd{digest.count, digest.hash}));
}

void Rendezvous::send_listing(Peer peer) {
    outlets_.send(peer, wire::encode(wire::Listing{
                            directory_.read([](const Directory& directory) { return directory.entries(); })}));
}

void Rendezvous::on_bye(Peer peer, const Member& member, const wire::Bye& bye, Clock::time_point now) {
    if (bye.node == member.node) lose(members_.find(peer), bye.sequence, "it said goodbye", now);
}

void Rendezvous::on_suspect(const wire::Suspect& suspect) {
    if (listed_sequence(suspect.node) == 0) return;
    contradict(suspect.node, suspect.sequence);
    outlets_.probe(suspect.node);
}

void Rendezvous::on_probed(NodeId node, bool alive, Clock::time_point now) {
    const auto peer = announced_.find(node);
    if (alive || peer == announced_.end()) return;
    const auto member = members_.find(peer->second);
    if (member->second.connection >= 0) return; // unreachable for us, but heard
    lose(member, listed_sequence(node), "its connection broke and it cannot be reached", now);
}

void Rendezvous::look(Clock::time_point now) {
    const bool overslept = looked_at_ && now - *looked_at_ > 2 * timing_.beat;
    looked_at_ = now;
    for (auto each = members_.begin(); each != members_.end();) {
        const auto member = each++;
        if (overslept) member->second.heard = now; // the silence was ours
        if (now - member->second.heard >= timing_.lease()) lose_silent(member, now);
        else if (member->second.connection < 0) outlets_.probe(member->second.node); // it may have been about to end
    }
}

void Rendezvous::tick(Clock::time_point now) {
    look(now);
    directory_.tidy(now);
    // Also while nobody is there: one who hears it knows that he is heard.
    outlets_.publish(wire::published(
        topic_, wire::encode(directory_.read([](const Directory& directory) { return directory.digest(); }))));
}

void Rendezvous::farewell(NodeId node, std::uint64_t sequence, Clock::time_point now) {
    if (const auto peer = announced_.find(node); peer != announced_.end()) lose(members_.find(peer->second));
    const std::string_view reason = "it said goodbye";
    // It may be the last thing said here, and only what goes to each comes before the connection's end.
    for (const auto& [peer, member] : members_)
        outlets_.send(peer, wire::encode(wire::Gone{node, sequence, std::string{reason}}));
    directory_.gone(node, sequence, reason, now);
}

void Rendezvous::contradict(NodeId node, std::uint64_t sequence) {
    if (const auto peer = announced_.find(node); peer != announced_.end())
        outlets_.send(peer->second, wire::encode(wire::Suspect{node, sequence}));
}

void Rendezvous::refuse(Peer peer, const Status& status) { outlets_.send(peer, wire::encode(wire::Refused{status})); }

bool Rendezvous::has_announced(Peer peer, const Member& member) const {
    const auto found = announced_.find(member.node);
    return found != announced_.end() && found->second == peer;
}

/// Whether its node is listed for its sake.
bool Rendezvous::lose(Members::iterator member) {
    const bool listed = has_announced(member->first, member->second);
    if (listed) announced_.erase(member->second.node);
    members_.erase(member);
    return listed;
}

void Rendezvous::lose(Members::iterator member, std::uint64_t sequence, std::string_view reason,
                      Clock::time_point now) {
    const NodeId node = member->second.node;
    if (lose(member)) directory_.gone(node, sequence, reason, now);
}

/// One whose connection ended was tried since, and would be lost already if nobody were there.
void Rendezvous::lose_silent(Members::iterator member, Clock::time_point now) {
    const NodeId node = member->second.node;
    const bool elsewhere =
        member->second.connection < 0 && outlets_.listed_elsewhere && outlets_.listed_elsewhere(node);
    if (elsewhere) lose(member);
    else lose(member, listed_sequence(node), "it fell silent", now);
}

void Rendezvous::publish(const Change& change) {
    if (members_.empty()) return;
    if (change.kind == Change::Kind::gone)
        return publish(wire::encode(wire::Gone{change.node, change.sequence, change.reason}));
    const auto record = directory_.read([&](const Directory& directory) { return directory.encoded(change.node); });
    if (record) publish(*record);
}

void Rendezvous::publish(const std::string& message) {
    if (!members_.empty()) outlets_.publish(wire::published(topic_, message));
}

std::uint64_t Rendezvous::listed_sequence(NodeId node) const {
    return directory_.read([&](const Directory& directory) { return directory.sequence_of(node); });
}

} // namespace malla::discovery
