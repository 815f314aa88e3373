// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/event_receiver.hpp"
#include "malla/discovery/event_sender.hpp"
#include "malla/discovery/finder.hpp"
#include "malla/discovery/meeting_place.hpp"
#include "malla/discovery/relay_sink.hpp"
#include "malla/discovery/shared_directory.hpp"
#include "malla/discovery/timing.hpp"
#include "malla/transport/message.hpp"
#include "malla/transport/poller.hpp"
#include "malla/wire/record.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malla::discovery {

/// How one node meets the others.
struct MembershipOptions {
    std::vector<std::string> brokers;
    /// Nodes to join through.
    std::vector<std::string> peers;
    /// Who finds nodes to join through.
    std::vector<FinderSource> finders;
    /// Where the nodes of one machine meet, used when neither a broker, a peer nor a finder is named.
    /// Empty: nowhere.
    std::string loopback = "tcp://127.0.0.1:6255";
    /// Whether the node announces itself. One that does not never becomes a rendezvous either.
    bool hosts = true;
    /// Where a node that hosts publishes; a wildcard is announced as the host of its first endpoint.
    std::string publish_bind = "tcp://127.0.0.1:*";
    /// Null: the mesh is open.
    std::shared_ptr<const transport::Credentials> credentials;
    /// Allows endpoints that other machines reach, without credentials.
    bool insecure = false;
    /// Takes the calls that the named brokers pass on; it must outlive the membership. Null: none are taken.
    RelaySink* relayed = nullptr;
    Timing timing;
};

/// A node's part in its mesh: announces it, keeps its directory, and serves those that join
/// through it.
///
/// Works on the thread of its poller. What is not marked "control thread" may be called from any
/// other thread. Destroy it when the poller no longer runs.
class Membership {
public:
    /// Sends a reply on the node's ROUTER.
    using Reply = std::function<void(transport::Peer, std::string)>;

    /// `self` has id, name, cluster, host, pid, start time and endpoints, and perhaps services
    /// already; its sequence and publish endpoint are set here. Joins when the poller runs; host
    /// names are resolved before this returns. `endpoint_invalid`, `credentials_required`,
    /// `address_in_use`.
    [[nodiscard]] static Result<std::unique_ptr<Membership>> open(transport::Poller& control, MembershipOptions options,
                                                                  wire::NodeRecord self, Reply reply);
    ~Membership();
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

    /// Everybody known, this node included if it hosts.
    [[nodiscard]] const SharedDirectory& directory() const noexcept;
    /// For observers; see there.
    [[nodiscard]] SharedDirectory& directory() noexcept;

    /// Announces services, load and draining of `self`; all else of it stays as it was. The own
    /// directory has it when this returns.
    void update(wire::NodeRecord self);

    /// The node layer lost a connection to `node`, or finds it silent: it is tried at once, and
    /// the rendezvous are told.
    void suspect(NodeId node);

    /// Publishes events. It may be used by those who outlive this, and refuses then.
    [[nodiscard]] const std::shared_ptr<EventSender>& sender() const noexcept;
    /// Hears the events that a pattern chooses; ends with the membership at the latest.
    [[nodiscard]] Result<std::unique_ptr<EventSubscription>>
    subscribe(std::string_view pattern, const InboxLimits& limits, EventSubscription::Handler handler);

    /// Waits until every rendezvous has told what it knows or has refused; false when that has not come by `deadline`.
    /// When one has told, those that take no connection are not waited for, and the others for half a second only.
    [[nodiscard]] bool wait_heard(Deadline deadline) const;
    /// Waits likewise and, when none has told, says what hinders. Nobody at the loopback endpoint is an
    /// answer too, and so are the endpoints of a finder once the links to them have come up or will not.
    /// The refusal when one refused, the reason when a finder fails; `endpoint_unreachable` for a
    /// named one that has not answered by `deadline`.
    [[nodiscard]] Result<void> wait_joined(Deadline deadline) const;
    /// Where it is to meet others, as it was told, and whether it has joined there.
    [[nodiscard]] std::vector<MeetingPlace> places() const;
    /// The named endpoints that have never answered.
    [[nodiscard]] std::vector<std::string> unreachable() const;
    /// Why a rendezvous does not let this node in, while one does not.
    [[nodiscard]] std::optional<Status> refusal() const;
    /// The named brokers that have let this node in and pass on calls, by their endpoints.
    [[nodiscard]] std::vector<std::string> relays() const;
    /// Whether this node is the rendezvous of its machine.
    [[nodiscard]] bool holds_rendezvous() const noexcept;

    /// Says goodbye, and keeps its connections: whoever has not read it loses what he has not read
    /// when they end. Returns at `deadline` at the latest. Harmless when called again.
    void leave(Deadline deadline);
    /// Says goodbye unless it has, and ends its connections. As `leave`.
    void stop(Deadline deadline);

    // Control thread.

    /// A message of the node's ROUTER that is none of calls.
    void on_message(const transport::Message& message);
    /// What the monitor of the node's ROUTER tells.
    void on_events(std::span<const transport::LinkEvent> events);

private:
    class Parts;
    /// Runs `function` on the control thread and waits for it.
    void do_there(std::function<void()> function, Deadline deadline);
    explicit Membership(std::unique_ptr<Parts> parts) noexcept;

    std::unique_ptr<Parts> parts_;
};

} // namespace malla::discovery
