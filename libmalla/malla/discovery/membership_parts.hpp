// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/discovery/embedded.hpp"
#include "malla/discovery/event_sender.hpp"
#include "malla/discovery/finders.hpp"
#include "malla/discovery/join_state.hpp"
#include "malla/discovery/link.hpp"
#include "malla/discovery/membership.hpp"
#include "malla/discovery/prober.hpp"
#include "malla/discovery/rendezvous.hpp"
#include "malla/discovery/view.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace malla::discovery {

/// What a membership consists of, and how its parts hear of each other. The thread of its
/// poller, except where said.
class Membership::Parts {
public:
    Parts(transport::Poller& poller, MembershipOptions options, wire::NodeRecord self, Reply reply);
    ~Parts();

    /// Resolves and binds. On the thread that joins, before anything else.
    Result<void> open();
    void start();
    void suspect(NodeId node);
    void leave();
    void stop(Clock::duration flush);
    void on_message(const transport::Message& message);
    void on_events(std::span<const transport::LinkEvent> events);

    // Any thread.
    void update(wire::NodeRecord self);
    void stop_finders(Deadline deadline);
    [[nodiscard]] std::vector<std::string> relays() const;
    [[nodiscard]] bool holds_rendezvous() const noexcept { return embedded_ && embedded_->is_held(); }

    transport::Poller& poller;
    JoinState joining;
    SharedDirectory directory;
    // Shared with subscriptions and publishers, which may end later.
    const std::shared_ptr<EventReceiver> receiver;
    const std::shared_ptr<EventSender> sender;

private:
    struct Joined {
        std::unique_ptr<Link> link;
        NodeId back_to; // the member that it leads back to; nil: it was configured
        bool loopback = false;
        bool found = false;               // by a finder
        bool broker = false;              // named as one
        std::uint32_t way = 0;            // of relayed calls; 0: none come
        NodeId node{};                    // who answers there
        std::string subscribe_endpoint{}; // as that one said
        std::optional<Clock::time_point> down_since = Clock::now();
        bool told = false; // that it is down
    };

    /// Whoever was named may be away for so long before somebody is told.
    static constexpr Clock::duration outage_limit = std::chrono::seconds{2};

    Result<void> open_publisher();
    Result<void> add_configured();
    [[nodiscard]] Result<void> has_wanted_key(std::string_view endpoint) const;
    void add_unknown(const std::string& endpoint, bool named);
    void add_link(const std::string& endpoint, bool named, bool loopback, bool broker);
    void open_link(LinkId id, const std::string& endpoint, NodeId back_to, bool loopback, bool broker = false);
    Link::Handlers handlers_of(LinkId id);
    void publish_here(std::string published);
    void on_up(LinkId id, const wire::Welcome& by);
    void on_down(LinkId id);
    void tell_of_outage(Joined& joined, Clock::time_point now) const;
    void relay_up(Joined& joined, const wire::Welcome& by);
    void relay_down(Joined& joined);
    bool take_relayed(const Joined& joined, const wire::Message& message);
    void on_absent(LinkId id);
    void on_probed(NodeId node, bool alive);
    void on_change(const Change& change);
    void listen_to_events(LinkId id);
    void set_alone(bool alone);
    Result<void> open_finders();
    void start_finders();
    void link_found(const std::string& endpoint);
    void unlink_found(const std::string& endpoint);
    void on_message_of(LinkId id, const wire::Message& message);
    void on_refused(LinkId id, const Status& status);
    void join_back(NodeId node);
    void leave_back(NodeId node);
    void look();
    void tick();
    void probe(NodeId node);
    void send(LinkId id, std::string message);
    void announce(LinkId id);
    void announce_to_all(const Change& change);
    void refute(std::uint64_t above);
    Change revise(wire::NodeRecord* with, std::uint64_t above);
    [[nodiscard]] std::uint64_t sequence() const;
    [[nodiscard]] wire::Hello hello(bool to_broker) const;
    [[nodiscard]] wire::Welcome welcome() const;
    [[nodiscard]] View::Outlets view_outlets();
    [[nodiscard]] Rendezvous::Outlets rendezvous_outlets();
    [[nodiscard]] Finders::Outlets finder_outlets();

    MembershipOptions options_;
    Reply reply_;
    mutable std::mutex self_mutex_; // guards self_ but for its id, cluster, name and endpoints
    wire::NodeRecord self_;
    std::unique_ptr<transport::Socket> publisher_;
    std::optional<Prober> prober_;         // from the start on
    std::optional<Rendezvous> rendezvous_; // of a node that hosts
    View view_;
    std::map<LinkId, Joined> links_;
    std::uint32_t last_link_ = 0;
    std::optional<Embedded> embedded_;
    std::optional<transport::TimerId> half_beat_;
    bool beat_is_due_ = false; ///< at the next half
    bool left_ = false;        ///< said goodbye
    bool stopped_ = false;
    std::optional<Finders> finders_;
    std::uint32_t last_way_ = 0;
    mutable std::mutex relays_mutex_;
    std::vector<std::string> relays_; // guarded by it
};

} // namespace malla::discovery
