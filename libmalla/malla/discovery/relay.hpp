// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/transport/message.hpp"
#include "malla/transport/socket.hpp"
#include "malla/wire/relay.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace malla::discovery {

/// What a broker does for calls between nodes that cannot reach each other: a connection that was opened for a node
/// becomes a circuit, whose frames it passes on over the connection that this node made to the broker, and back.
///
/// Looks at no more of a frame than its type and id. For nobody it keeps more than a limit that he has not read: a
/// call beyond that is `busy`. Has no sockets and reads no clock. Everything on one thread.
class Relay {
public:
    using Send = std::function<transport::Sent(transport::Peer, std::string)>;

    struct Limits {
        /// What one node or caller may have unread, in bytes.
        std::size_t max_unread_bytes = 16 * 1024 * 1024;
        std::size_t max_circuits = 10'000;
    };

    /// One end of a circuit: who, and the number of his connection.
    struct End {
        transport::Peer peer;
        int connection = -1;
    };

    /// Counts circuits from `first` on.
    Relay(Send send, std::uint32_t first, const Limits& limits);
    Relay(Send send, std::uint32_t first) : Relay{std::move(send), first, Limits{}} {}

    /// From now on what comes from `caller`, who was let in with `key`, is for `host`. `busy` when there are too many.
    [[nodiscard]] Result<void> open(End caller, End host, std::string_view key);
    /// Whether the frames of this peer are to be passed on.
    [[nodiscard]] bool carries(transport::Peer caller) const { return by_caller_.contains(caller); }
    void from_caller(transport::Peer caller, std::string_view frame);
    void from_host(transport::Peer host, const wire::Relay& frame);
    /// `peer` has read what was sent to it before the PING with that nonce.
    void on_pong(transport::Peer peer, std::uint64_t nonce);
    /// A message of `peer` came over that connection: whoever had its number before is gone, and the event of that is
    /// yet to come.
    void take_over(transport::Peer peer, int connection);
    /// The connection broke: who is at the other end of its circuits is told. Whether it was one of a caller.
    bool on_disconnected(int connection);

private:
    struct Circuit {
        End caller;
        End host;
        std::string key;
    };
    using Circuits = std::map<std::uint32_t, Circuit>;
    /// What was sent to one peer since the beginning, and how much of it was read for certain.
    struct Flow {
        std::uint64_t sent = 0;
        std::uint64_t read = 0;
        bool asked = false;
        int connection = -1;
    };

    [[nodiscard]] bool has_room(transport::Peer peer, std::size_t bytes) const;
    transport::Sent pass(transport::Peer to, std::string frame);
    void ask(transport::Peer peer, Flow& flow);
    void refuse(transport::Peer caller, std::string_view frame, transport::Sent sent);
    void drop_answer(const Circuit& circuit, std::uint32_t number, std::string_view frame);
    bool end_all(int connection);
    void end_for_caller(Circuits::iterator circuit);
    void end_for_host(Circuits::iterator circuit);
    void forget(Circuits::iterator circuit);

    Send send_;
    std::uint32_t last_;
    Limits limits_;
    Circuits circuits_;
    std::unordered_map<transport::Peer, std::uint32_t> by_caller_;
    std::unordered_map<transport::Peer, Flow> flows_;
    std::map<int, unsigned> replaced_; // connections of callers whose end was noticed before its event
};

} // namespace malla::discovery
