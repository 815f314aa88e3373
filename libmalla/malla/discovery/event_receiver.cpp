// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/event_receiver.hpp"

#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"
#include "malla/discovery/event_ear.hpp"
#include "malla/discovery/rendezvous.hpp"
#include "malla/wire/topic.hpp"
#include "malla/wire/topic_pattern.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

namespace malla::discovery {

using namespace std::chrono_literals;
using transport::LinkEvent;
using transport::Message;

namespace {

// Events and, to know when the subscription is heard, records.
constexpr std::size_t max_published_bytes = wire::max_record_bytes + 4096;
// Before a connection that ended is made anew.
constexpr auto reopen_pause = 100ms;

} // namespace

// ---- one subscription

EventSubscription::EventSubscription(std::weak_ptr<EventReceiver> receiver, std::shared_ptr<EventEar> ear)
    : receiver_{std::move(receiver)}, ear_{std::move(ear)} {}

EventSubscription::~EventSubscription() {
    ear_->close();
    if (const auto receiver = receiver_.lock()) receiver->remove(ear_);
    if (thread_.get_id() == std::this_thread::get_id()) thread_.detach();
    else if (thread_.joinable()) thread_.join();
}

Result<void> EventSubscription::wait_listening(Deadline deadline) const {
    if (ear_->wait_listening(deadline)) return {};
    return Status{"service_not_available"}.set_info("no rendezvous that sends events is connected");
}

std::uint64_t EventSubscription::dropped() const { return ear_->inbox().dropped(); }

// ---- all of a node

EventReceiver::~EventReceiver() { close(); }

void EventReceiver::set_source(LinkId link, std::string endpoint) {
    const std::lock_guard lock{mutex_};
    sources_.insert_or_assign(link, std::move(endpoint));
    changed();
}

void EventReceiver::drop_source(LinkId link) {
    const std::lock_guard lock{mutex_};
    if (sources_.erase(link) != 0) changed();
}

void EventReceiver::set_alone(bool alone) {
    const std::lock_guard lock{mutex_};
    alone_ = alone;
    changed();
}

void EventReceiver::hear(std::string_view published) {
    const auto parts = wire::split_published(published);
    if (!parts || !parts->first.starts_with("e/")) return;
    const std::lock_guard lock{mutex_};
    for (const auto& ear : ears_) ear->hear(parts->first, parts->second);
}

void EventReceiver::close() {
    std::thread ending;
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        for (const auto& ear : ears_) ear->close();
        ears_.clear();
        ending = std::move(thread_);
    }
    if (!ending.joinable()) return;
    poller_.stop();
    ending.join();
    reconcile(); // nobody listens any more
}

Result<std::unique_ptr<EventSubscription>> EventReceiver::subscribe(std::string_view pattern, const InboxLimits& limits,
                                                                    EventSubscription::Handler handler) {
    if (auto fault = wire::pattern_fault(pattern))
        return Status{"parameter_invalid", "pattern"}.set_info(*std::move(fault));
    const std::lock_guard lock{mutex_};
    if (closed_) return Status{"service_not_available"}.set_info("the node has stopped");
    if (!thread_.joinable()) thread_ = start_thread("malla-events", [this] { poller_.run(); });
    auto& ear = ears_.emplace_back(std::make_shared<EventEar>(cluster_, pattern, limits));
    std::unique_ptr<EventSubscription> made{new EventSubscription{weak_from_this(), ear}};
    made->thread_ = start_thread("malla-sub", [ear, handle = std::move(handler)] { ear->run(handle); });
    changed();
    return made;
}

void EventReceiver::remove(const std::shared_ptr<EventEar>& ear) {
    const std::lock_guard lock{mutex_};
    std::erase(ears_, ear);
    changed();
}

/// The lock is held.
void EventReceiver::changed() {
    if (thread_.joinable()) poller_.post([this] { reconcile(); });
}

/// Makes the connections that are wanted now, and ends all others.
void EventReceiver::reconcile() {
    std::map<LinkId, std::string> sources;
    std::vector<std::shared_ptr<EventEar>> ears;
    bool alone = false;
    {
        const std::lock_guard lock{mutex_};
        sources = sources_;
        ears = ears_;
        alone = alone_;
    }
    for (auto& [ear, channels] : channels_) {
        const bool wanted = std::ranges::find(ears, ear) != ears.end();
        for (auto& [link, channel] : channels) {
            const auto source = sources.find(link);
            channel.wanted = wanted && source != sources.end() && source->second == channel.endpoint;
            if (!channel.wanted) leave(channel);
        }
        std::erase_if(channels, [](const auto& each) { return !each.second.wanted; });
    }
    std::erase_if(channels_, [&](const auto& each) { return std::ranges::find(ears, each.first) == ears.end(); });
    for (const auto& ear : ears) {
        auto& channels = channels_[ear];
        std::map<LinkId, bool> listening;
        for (const auto& [link, endpoint] : sources) {
            if (!channels.contains(link)) open(ear, link, endpoint);
            const auto channel = channels.find(link);
            listening[link] = channel != channels.end() && channel->second.listening;
        }
        ear->set_listening(std::move(listening), alone);
    }
}

void EventReceiver::leave(Channel& channel) {
    poller_.remove(*channel.socket);
    poller_.remove(*channel.monitor);
}

void EventReceiver::open(const std::shared_ptr<EventEar>& ear, LinkId link, const std::string& endpoint) {
    transport::Profile profile;
    profile.max_message_bytes = max_published_bytes;
    profile.high_water_mark = max_published_queue;
    profile.credentials = credentials_;
    auto socket = transport::Socket::open(transport::Pattern::sub, profile);
    if (!socket) return reconcile_later();
    // In this order: what comes on the second topic says that the first is heard too.
    (void)(*socket)->subscribe(wire::event_subscription(cluster_, ear->pattern()));
    (void)(*socket)->subscribe(wire::subscription(wire::directory_topic(cluster_)));
    auto monitor = (*socket)->monitor();
    if (!monitor || !(*socket)->connect(endpoint)) return reconcile_later();
    Channel& channel = channels_[ear][link];
    channel = Channel{endpoint, *std::move(socket), *std::move(monitor), false, true};
    poller_.add(*channel.socket, [this, &channel, ear](std::span<Message> messages) {
        for (const Message& message : messages) on_message(channel, *ear, message.bytes());
    });
    poller_.add(*channel.monitor, [this, ear, link](std::span<const LinkEvent> events) {
        using enum LinkEvent::Kind;
        const bool ended = std::ranges::any_of(events, [](const auto& event) {
            return event.kind == disconnected || event.kind == handshake_failed || event.kind == refused;
        });
        if (ended) poller_.post([this, ear, link] { give_up(ear, link); });
    });
}

void EventReceiver::on_message(Channel& channel, EventEar& ear, std::string_view bytes) {
    const auto parts = wire::split_published(bytes);
    if (!parts) return;
    if (parts->first.starts_with("e/")) return ear.hear(parts->first, parts->second);
    if (std::exchange(channel.listening, true)) return;
    (void)channel.socket->unsubscribe(wire::subscription(wire::directory_topic(cluster_)));
    poller_.post([this] { reconcile(); });
}

/// ZeroMQ would not always connect again, and not say when the subscription is heard again.
void EventReceiver::give_up(const std::shared_ptr<EventEar>& ear, LinkId link) {
    const auto channels = channels_.find(ear);
    if (channels == channels_.end()) return;
    const auto channel = channels->second.find(link);
    if (channel == channels->second.end()) return;
    leave(channel->second);
    channels->second.erase(channel);
    reconcile_later();
}

void EventReceiver::reconcile_later() {
    poller_.at(Clock::now() + reopen_pause, [this] { reconcile(); });
}

} // namespace malla::discovery
