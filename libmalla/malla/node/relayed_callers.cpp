// SPDX-License-Identifier: Apache-2.0
#include "malla/node/relayed_callers.hpp"

#include "malla/wire/call.hpp"
#include "malla/wire/frame.hpp"

#include <algorithm>
#include <utility>

namespace malla {

using transport::Peer;
using transport::Sent;

void RelayedCallers::way_up(std::uint32_t way, std::shared_ptr<transport::Socket> socket) {
    const std::lock_guard lock{mutex_};
    ways_.insert_or_assign(way, std::move(socket));
}

void RelayedCallers::way_down(std::uint32_t way) {
    std::vector<Peer> gone;
    {
        const std::lock_guard lock{mutex_};
        ways_.erase(way);
        for (const auto& [peer, key] : keys_)
            if (peer.way() == way) gone.push_back(peer);
        for (const Peer peer : gone) keys_.erase(peer);
    }
    for (const Peer peer : gone) handlers_.gone(peer);
}

void RelayedCallers::take(std::uint32_t way, const wire::Relay& frame) {
    const Peer peer{frame.circuit, way};
    {
        const std::lock_guard lock{mutex_};
        keys_.insert_or_assign(peer, std::string{frame.key});
        // What belongs to calls that are under way, such as credit, has room behind that of new calls.
        const std::size_t most = (wire::peek(frame.frame) == wire::Type::call ? 1 : 2) * max_waiting_bytes;
        if (inbox_.empty() || waiting_bytes_ + frame.frame.size() <= most) {
            waiting_bytes_ += frame.frame.size();
            inbox_.emplace_back(frame.frame, peer);
            waiting_.store(inbox_.size(), std::memory_order_release);
        } else if (const auto id = wire::peek_id(frame.frame); id && wire::peek(frame.frame) == wire::Type::call) {
            const auto full = wire::encode(wire::Failure{*id, Status{"busy"}.set_info("The node reads no more calls")});
            (void)ways_.at(way)->send(wire::encode(wire::Relay{frame.circuit, {}, full}));
            return;
        }
    }
    handlers_.there();
}

void RelayedCallers::end(std::uint32_t way, std::uint32_t circuit) {
    const Peer peer{circuit, way};
    {
        const std::lock_guard lock{mutex_};
        keys_.erase(peer);
    }
    handlers_.gone(peer);
}

void RelayedCallers::receive(std::vector<transport::Message>& into, std::size_t max) {
    if (waiting_.load(std::memory_order_acquire) == 0) return;
    const std::lock_guard lock{mutex_};
    for (; !inbox_.empty() && max > 0; --max) {
        waiting_bytes_ -= inbox_.front().bytes().size();
        into.push_back(std::move(inbox_.front()));
        inbox_.pop_front();
    }
    waiting_.store(inbox_.size(), std::memory_order_release);
}

Sent RelayedCallers::send_to(Peer peer, std::string_view frame) {
    std::shared_ptr<transport::Socket> socket;
    {
        const std::lock_guard lock{mutex_};
        const auto way = ways_.find(peer.way());
        if (way == ways_.end() || !keys_.contains(peer)) return Sent::unreachable;
        socket = way->second;
    }
    return socket->send(wire::encode(wire::Relay{peer.number(), {}, frame}));
}

std::string RelayedCallers::key_of(Peer peer) const {
    const std::lock_guard lock{mutex_};
    const auto known = keys_.find(peer);
    return known == keys_.end() ? std::string{} : known->second;
}

} // namespace malla
