// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/relay.hpp"

#include "malla/wire/call.hpp"
#include "malla/wire/frame.hpp"

#include <algorithm>
#include <utility>

namespace malla::discovery {

using transport::Peer;
using transport::Sent;
using wire::Type;

namespace {

bool goes_to_host(std::optional<Type> type) {
    return type == Type::call || type == Type::cancel || type == Type::ping || type == Type::credit;
}

bool goes_to_caller(std::optional<Type> type) {
    return type == Type::reply || type == Type::failure || type == Type::stream_item || type == Type::stream_end ||
           type == Type::pong || type == Type::bye;
}

Status busy() {
    return Status{"busy"}.set_info("The broker keeps as much for this node as it may: the node does not read it");
}

Status host_lost() {
    return Status{"peer_lost"}.set_info("The node's connection to the broker was lost and the call may have run");
}

} // namespace

Relay::Relay(Send send, std::uint32_t first, const Limits& limits)
    : send_{std::move(send)}, last_{first}, limits_{limits} {}

Result<void> Relay::open(End caller, End host, std::string_view key) {
    if (carries(caller.peer)) return Status{"bad_request", "this connection is for a node already"};
    if (circuits_.size() >= limits_.max_circuits)
        return Status{"busy"}.set_info("The broker relays for as many connections as it may");
    do ++last_;
    while (last_ == 0 || circuits_.contains(last_));
    circuits_.emplace(last_, Circuit{caller, host, std::string{key}});
    by_caller_.emplace(caller.peer, last_);
    for (const End& end : {caller, host}) flows_[end.peer].connection = end.connection;
    return {};
}

void Relay::from_caller(Peer caller, std::string_view frame) {
    const std::uint32_t number = by_caller_.at(caller);
    const auto found = circuits_.find(number);
    const Circuit& circuit = found->second;
    const auto type = wire::peek(frame);
    if (!goes_to_host(type)) return;
    if (type == Type::call && !has_room(circuit.host.peer, frame.size())) return refuse(caller, frame, Sent::full);
    const Sent sent = pass(circuit.host.peer, wire::encode(wire::Relay{number, circuit.key, frame}));
    if (sent == Sent::unreachable) {
        if (type == Type::call) refuse(caller, frame, sent);
        end_for_caller(found);
    } else if (sent != Sent::sent && type == Type::call) {
        refuse(caller, frame, sent);
    }
}

/// The host has nothing of this call.
void Relay::refuse(Peer caller, std::string_view frame, Sent sent) {
    const auto id = wire::peek_id(frame);
    if (!id) return;
    Status why = busy();
    if (sent == Sent::too_large) why = Status{"body_too_large", "the arguments"}.set_outcome(Outcome::not_run);
    if (sent == Sent::unreachable)
        why = Status{"wrong_instance"}.set_info("The node that was called is no longer connected to the broker");
    (void)pass(caller, wire::encode(wire::Failure{*id, why}));
}

void Relay::from_host(Peer host, const wire::Relay& frame) {
    const auto found = circuits_.find(frame.circuit);
    if (found == circuits_.end() || found->second.host.peer != host) return;
    if (!goes_to_caller(wire::peek(frame.frame))) return;
    const Peer caller = found->second.caller.peer;
    const Sent sent = has_room(caller, frame.frame.size()) ? pass(caller, std::string{frame.frame}) : Sent::full;
    if (sent == Sent::unreachable) end_for_host(found);
    else if (sent != Sent::sent) drop_answer(found->second, frame.circuit, frame.frame);
}

/// There is no room for an answer, so the call ends without it, and its host makes no more of a stream.
void Relay::drop_answer(const Circuit& circuit, std::uint32_t number, std::string_view frame) {
    const auto id = wire::peek_id(frame);
    if (!id) return;
    const Status why = Status{"peer_lost"}.set_info(
        "The broker dropped the answer, for its caller does not read; the call may have run");
    (void)pass(circuit.caller.peer, wire::encode(wire::Failure{*id, why}));
    (void)pass(circuit.host.peer, wire::encode(wire::Relay{number, circuit.key, wire::encode(wire::Cancel{*id})}));
}

bool Relay::has_room(Peer peer, std::size_t bytes) const {
    const auto found = flows_.find(peer);
    if (found == flows_.end()) return true;
    const auto unread = found->second.sent - found->second.read;
    return unread == 0 || unread + bytes <= limits_.max_unread_bytes;
}

Sent Relay::pass(Peer to, std::string frame) {
    const std::size_t size = frame.size();
    const Sent sent = send_(to, std::move(frame));
    if (sent != Sent::sent) return sent;
    Flow& flow = flows_[to];
    flow.sent += size;
    if (!flow.asked) ask(to, flow);
    return sent;
}

void Relay::ask(Peer peer, Flow& flow) { flow.asked = send_(peer, wire::encode(wire::Ping{flow.sent})) == Sent::sent; }

void Relay::on_pong(Peer peer, std::uint64_t nonce) {
    const auto found = flows_.find(peer);
    if (found == flows_.end()) return;
    Flow& flow = found->second;
    if (nonce <= flow.read || nonce > flow.sent) return;
    flow.read = nonce;
    flow.asked = false;
    if (flow.read != flow.sent) ask(peer, flow);
}

void Relay::take_over(Peer peer, int connection) {
    if (connection < 0) return;
    const bool other = std::ranges::any_of(circuits_, [&](const auto& each) {
        return each.second.caller.connection == connection && each.second.caller.peer != peer;
    });
    if (other && end_all(connection)) ++replaced_[connection];
}

bool Relay::on_disconnected(int connection) {
    const auto replaced = replaced_.find(connection);
    if (replaced == replaced_.end()) return end_all(connection);
    if (--replaced->second == 0) replaced_.erase(replaced);
    return true;
}

bool Relay::end_all(int connection) {
    bool calls = false;
    if (connection < 0) return calls;
    for (auto next = circuits_.begin(); next != circuits_.end();) {
        const auto circuit = next++;
        if (circuit->second.caller.connection == connection) {
            calls = true;
            end_for_host(circuit);
        } else if (circuit->second.host.connection == connection) {
            end_for_caller(circuit);
        }
    }
    std::erase_if(flows_, [&](const auto& each) { return each.second.connection == connection; });
    return calls;
}

void Relay::end_for_caller(Circuits::iterator circuit) {
    (void)send_(circuit->second.caller.peer, wire::encode(wire::RelayEnd{0, host_lost()}));
    forget(circuit);
}

void Relay::end_for_host(Circuits::iterator circuit) {
    const Status gone = Status{"peer_lost"}.set_info("The caller's connection to the broker ended");
    (void)send_(circuit->second.host.peer, wire::encode(wire::RelayEnd{circuit->first, gone}));
    forget(circuit);
}

void Relay::forget(Circuits::iterator circuit) {
    by_caller_.erase(circuit->second.caller.peer);
    circuits_.erase(circuit);
}

} // namespace malla::discovery
