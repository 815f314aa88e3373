// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/discovery/shared_directory.hpp"
#include "malla/discovery/timing.hpp"
#include "malla/transport/message.hpp"
#include "malla/wire/message.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace malla::discovery {

/// What a publisher keeps at most for one who listens and does not read; the rest is lost for him.
inline constexpr int max_published_queue = 4'000;

/// Whether a frame of this type is for a rendezvous, when it comes to a ROUTER.
[[nodiscard]] bool is_for_rendezvous(wire::Type type) noexcept;

/// What brokers and nodes alike do for those who connect to them to meet others: lets them in,
/// lists those who announce themselves, tells everyone of each change, finds out who died, and
/// publishes their events.
///
/// Has no sockets and reads no clock. Everything on one thread.
class Rendezvous {
public:
    struct Outlets {
        std::function<void(transport::Peer, std::string)> send;
        /// Sends to all who listen; gets topic and message in one frame.
        std::function<void(std::string)> publish;
        /// Tries to connect to the node, then calls `on_probed`.
        std::function<void(NodeId)> probe;
        /// Whether others list the node, too. A node that chose to meet elsewhere is not gone. May be empty.
        std::function<bool(NodeId)> listed_elsewhere = {};
    };

    /// `welcome` is what those who are let in are told. Publishes what changes in `directory`,
    /// whoever changes it. Both must outlive this.
    Rendezvous(wire::Welcome welcome, const Timing& timing, Outlets outlets, SharedDirectory& directory);
    Rendezvous(const Rendezvous&) = delete;
    Rendezvous& operator=(const Rendezvous&) = delete;

    /// A frame from `peer`, of a type that `is_for_rendezvous`; `connection` is its number in
    /// the events of the ROUTER's monitor, or -1. `key` is the sender's own, empty where nodes have none:
    /// it announces only the node whose endpoints have that key.
    void on_message(transport::Peer peer, int connection, std::string_view frame, Clock::time_point now,
                    std::string_view key = {});
    /// The connection broke.
    void on_disconnected(int connection, Clock::time_point now);
    void on_probed(NodeId node, bool alive, Clock::time_point now);
    /// Finds those who fell silent; twice per beat, so that a lease ends half a beat late at most.
    void look(Clock::time_point now);
    /// Once per beat: looks, and tells of the state of the directory.
    void tick(Clock::time_point now);

    /// Takes `node` out as if it had said BYE with that sequence.
    void farewell(NodeId node, std::uint64_t sequence, Clock::time_point now);
    /// Somebody says that this member is gone: has it announce itself anew, with a sequence above `sequence`.
    void contradict(NodeId node, std::uint64_t sequence);
    /// Whether `node` has announced itself here and is heard.
    [[nodiscard]] bool is_member(NodeId node) const { return announced_.contains(node); }
    /// Whether that node was let in, with that key, whether it announces itself or not.
    [[nodiscard]] bool has_let_in(NodeId node, std::string_view key) const;
    /// The connection that a listed node made, which takes calls for it, and that connection's number.
    [[nodiscard]] std::optional<std::pair<transport::Peer, int>> way_to(NodeId node) const;
    /// Something else came from a member: it lives.
    void hear(transport::Peer peer, Clock::time_point now);
    /// Whether `peer` was let in and is heard.
    [[nodiscard]] bool knows(transport::Peer peer) const { return members_.contains(peer); }
    [[nodiscard]] bool is_empty() const noexcept { return members_.empty(); }

private:
    struct Member {
        NodeId node;
        std::string name;
        int connection = -1; // -1: it broke
        std::string key;     // its own, or empty
        Clock::time_point heard;
        bool takes_relayed = false;
    };
    using Members = std::unordered_map<transport::Peer, Member>;

    void on(transport::Peer peer, int connection, const wire::Hello& hello, Clock::time_point now,
            std::string_view key);
    void on(transport::Peer peer, const Member& member, wire::Announce announce, Clock::time_point now);
    void on(transport::Peer peer, const Member& member, const wire::Beat& beat);
    void on(transport::Peer peer, const wire::Ask& ask);
    void on(transport::Peer peer, const Member& member, const wire::Publish& event, std::string_view frame);
    void on_bye(transport::Peer peer, const Member& member, const wire::Bye& bye, Clock::time_point now);
    void on_suspect(const wire::Suspect& suspect);
    void send_listing(transport::Peer peer);
    void send_snapshot(transport::Peer peer);
    [[nodiscard]] std::optional<Status> objection(const wire::Hello& hello) const;
    void refuse(transport::Peer peer, const Status& status);
    void take_over(int connection, transport::Peer by, Clock::time_point now);
    bool lose(Members::iterator member);
    void lose_silent(Members::iterator member, Clock::time_point now);
    void lose(Members::iterator member, std::uint64_t sequence, std::string_view reason, Clock::time_point now);
    [[nodiscard]] bool is_its_own(const Member& member, const wire::NodeRecord& record) const;
    [[nodiscard]] bool has_announced(transport::Peer peer, const Member& member) const;
    void publish(const Change& change);
    void publish(const std::string& message);
    [[nodiscard]] std::uint64_t listed_sequence(NodeId node) const;

    wire::Welcome welcome_;
    Timing timing_;
    Outlets outlets_;
    SharedDirectory& directory_;
    std::string topic_;
    Members members_;
    std::unordered_map<NodeId, transport::Peer> announced_; // who lives as long as which member
    std::map<int, unsigned> replaced_;                      // connections whose end was noticed before its event
    std::optional<Clock::time_point> looked_at_;
};

} // namespace malla::discovery
