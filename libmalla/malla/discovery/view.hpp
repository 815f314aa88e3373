// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/discovery/mirror.hpp"
#include "malla/discovery/shared_directory.hpp"
#include "malla/discovery/timing.hpp"
#include "malla/wire/message.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malla::discovery {

/// One of a node's links to rendezvous.
enum class LinkId : std::uint32_t {};

/// Makes a node's directory out of what all its rendezvous tell, and repairs what was lost on the
/// way: a node is listed while one of them lists it, or would if it could be heard.
///
/// Two nodes that pass on whom they know must not keep alive for each other who is long dead. So
/// only a broker, which lists none but those it hears, or a node that speaks for itself, outweighs
/// the news that a node is gone.
///
/// Has no sockets and reads no clock. Everything on one thread.
class View {
public:
    struct Outlets {
        std::function<void(LinkId, std::string)> send;
        /// Tries to connect to the node, then calls `on_probed`.
        std::function<void(NodeId)> probe;
        /// Announces the own record anew, with a sequence above this one.
        std::function<void(std::uint64_t)> refute;
        /// Announces the own record as it is, on one link.
        std::function<void(LinkId)> announce;
        /// Whether the node is heard by this one itself.
        std::function<bool(NodeId)> hears;
        /// Has a node that is heard announce itself above this sequence.
        std::function<void(NodeId, std::uint64_t)> contradict;
    };

    /// `self` is never taken out of `directory`, which must outlive this.
    View(NodeId self, const Timing& timing, Outlets outlets, SharedDirectory& directory);

    /// The rendezvous let this node in: asks it for all that it knows, unless it was `asked` already.
    void up(LinkId link, const wire::Welcome& by, bool asked, Clock::time_point now);
    /// The rendezvous cannot be heard: those whom only it lists are stale from now on.
    void down(LinkId link, Clock::time_point now);
    /// The link is no longer used. Whom nobody else lists within a lease is gone.
    void remove(LinkId link, Clock::time_point now);
    void on_message(LinkId link, const wire::Message& message, Clock::time_point now);
    /// Asks for a listing, to find what was published before this node was heard to listen.
    void compare(LinkId link, Clock::time_point now);
    void on_probed(NodeId node, bool alive, Clock::time_point now);
    /// Once per beat.
    void tick(Clock::time_point now);

    /// Whether the rendezvous has told all that it knows, once.
    [[nodiscard]] bool has_snapshot(LinkId link) const;
    /// Whether a rendezvous that can be heard lists the node.
    [[nodiscard]] bool is_listed(NodeId node) const;

private:
    struct Source {
        Mirror mirror;
        NodeId node;
        bool relays = false; // it may know of others only through us
        bool live = false;
        bool complete = false; // a snapshot has ended at some time
        bool awaiting_snapshot = false;
        Clock::time_point since{}; // of being live, or of being not
        std::optional<Clock::time_point> listing_asked_at;
        Clock::time_point verify_at{};
    };

    void on(LinkId link, Source& source, const wire::Announce& announce, Clock::time_point now);
    void on(LinkId link, Source& source, const wire::Gone& gone, Clock::time_point now);
    void on(LinkId link, Source& source, const wire::Digest& digest, Clock::time_point now);
    void on(LinkId link, Source& source, const wire::Listing& listing, Clock::time_point now);
    void on(const wire::Suspect& suspect);
    void revive(LinkId link, const wire::Entry& entry);
    void ask_for_newer(LinkId link, const wire::Listing& listing);
    void check(Source& source, Clock::time_point now);
    void look_after_orphans(Clock::time_point now);
    void drop_unless_listed(NodeId node, std::string_view reason, Clock::time_point now);
    void drop(NodeId node, std::uint64_t sequence, std::string_view reason, Clock::time_point now);
    [[nodiscard]] bool is_known(NodeId node) const;
    [[nodiscard]] bool is_heard(NodeId node) const;
    [[nodiscard]] bool is_vouched_for(NodeId node) const;
    void mark_stale();
    void verify(const std::vector<NodeId>& nodes);
    [[nodiscard]] std::uint64_t listed_sequence(NodeId node) const;

    NodeId self_;
    Timing timing_;
    Outlets outlets_;
    SharedDirectory& directory_;
    std::map<LinkId, Source> sources_;
    std::map<NodeId, Clock::time_point> orphans_; ///< whom no source lists any more, since when
};

} // namespace malla::discovery
