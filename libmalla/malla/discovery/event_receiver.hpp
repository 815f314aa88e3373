// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/event_inbox.hpp"
#include "malla/discovery/view.hpp"
#include "malla/transport/monitor.hpp"
#include "malla/transport/poller.hpp"
#include "malla/transport/socket.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace malla::discovery {

class EventEar;
class EventReceiver;

/// Hears the events that a pattern chooses, from its making to its end. Any thread.
class EventSubscription {
public:
    /// Runs on the subscription's own thread, one event after another, and may block.
    using Handler = std::function<void(ReceivedEvent)>;

    /// Waits for the handler, if it runs, unless this is its thread; afterwards it is not called again.
    ~EventSubscription();
    EventSubscription(const EventSubscription&) = delete;
    EventSubscription& operator=(const EventSubscription&) = delete;

    /// Waits until every rendezvous that is connected, and one at least, sends what the pattern chooses.
    /// `service_not_available` when none does by then.
    [[nodiscard]] Result<void> wait_listening(Deadline deadline) const;
    /// See `EventInbox`.
    [[nodiscard]] std::uint64_t dropped() const;

private:
    friend EventReceiver;
    EventSubscription(std::weak_ptr<EventReceiver> receiver, std::shared_ptr<EventEar> ear);

    std::weak_ptr<EventReceiver> receiver_;
    std::shared_ptr<EventEar> ear_;
    std::thread thread_;
};

/// Listens to the events of all rendezvous of a node, for all of its subscriptions, on a thread of its
/// own, which begins with the first of them. Any thread.
class EventReceiver : public std::enable_shared_from_this<EventReceiver> {
public:
    /// `credentials` may be null.
    EventReceiver(std::string cluster, std::shared_ptr<const transport::Credentials> credentials)
        : cluster_{std::move(cluster)}, credentials_{std::move(credentials)} {}
    ~EventReceiver();
    EventReceiver(const EventReceiver&) = delete;
    EventReceiver& operator=(const EventReceiver&) = delete;

    /// A rendezvous publishes there.
    void set_source(LinkId link, std::string endpoint);
    void drop_source(LinkId link);
    /// Whether this node itself is a rendezvous, so that nobody is far away.
    void set_alone(bool alone);
    /// What this node publishes itself: topic and message in one frame.
    void hear(std::string_view published);
    /// Ends all subscriptions.
    void close();

    /// `parameter_invalid` for what is no pattern.
    [[nodiscard]] Result<std::unique_ptr<EventSubscription>>
    subscribe(std::string_view pattern, const InboxLimits& limits, EventSubscription::Handler handler);

private:
    friend EventSubscription;
    /// The connection of a subscription to a rendezvous.
    struct Channel {
        std::string endpoint;
        std::unique_ptr<transport::Socket> socket;
        std::unique_ptr<transport::Monitor> monitor;
        bool listening = false;
        bool wanted = true;
    };

    void remove(const std::shared_ptr<EventEar>& ear);
    void changed();
    void reconcile();
    void open(const std::shared_ptr<EventEar>& ear, LinkId link, const std::string& endpoint);
    void leave(Channel& channel);
    void on_message(Channel& channel, EventEar& ear, std::string_view bytes);
    void give_up(const std::shared_ptr<EventEar>& ear, LinkId link);
    void reconcile_later();

    const std::string cluster_;
    const std::shared_ptr<const transport::Credentials> credentials_;
    std::mutex mutex_; // guards what the events thread is to do
    std::map<LinkId, std::string> sources_;
    std::vector<std::shared_ptr<EventEar>> ears_;
    bool alone_ = false;
    bool closed_ = false;
    std::thread thread_;

    transport::Poller poller_;
    std::map<std::shared_ptr<EventEar>, std::map<LinkId, Channel>> channels_; // the events thread's
};

} // namespace malla::discovery
