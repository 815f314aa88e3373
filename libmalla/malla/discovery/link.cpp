// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/link.hpp"

#include "malla/base/log.hpp"
#include "malla/transport/endpoint.hpp"
#include "malla/wire/topic.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>
#include <vector>

namespace malla::discovery {

using namespace std::chrono_literals;
using transport::LinkEvent;
using transport::Message;
using transport::Pattern;
using transport::Sent;

namespace {

constexpr auto refused_pause = 2s;
constexpr auto failed_pause = 500ms;
constexpr int max_failed_handshakes = 3;  // a peer that dies has one
constexpr auto retry_notice = 100ms;      // libzmq tells of its own retry at once, if it will retry
constexpr auto subscription_delay = 10ms; // until a rendezvous has heard a subscription

} // namespace

std::string with_host_of(std::string_view endpoint, std::string_view reached_by) {
    for (const std::string_view wildcard :
         std::array<std::string_view, 3>{"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"}) {
        if (!endpoint.starts_with(wildcard)) continue;
        reached_by = transport::split_key(reached_by).address;
        const auto port = reached_by.rfind(':');
        if (!reached_by.starts_with("tcp://") || port == std::string_view::npos) break;
        return std::string{reached_by.substr(0, port + 1)}.append(endpoint.substr(wildcard.size()));
    }
    return std::string{endpoint};
}

Link::Link(transport::Poller& poller, std::string endpoint, std::shared_ptr<const transport::Credentials> credentials,
           wire::Hello hello, std::string ask, const Timing& timing, Handlers handlers)
    : poller_{poller}, endpoint_{std::move(endpoint)}, credentials_{std::move(credentials)}, hello_{std::move(hello)},
      ask_{std::move(ask)}, timing_{timing}, handlers_{std::move(handlers)} {}

Link::~Link() { close({}); }

void Link::open() {
    lose();
    retire(dealer_, {});
    connected_ = false;
    dealer_ = open_channel(Pattern::dealer, endpoint_);
    if (!dealer_) return reopen_in(refused_pause);
    watch_dealer();
}

void Link::hurry() {
    if (!connected_) open();
}

std::optional<Link::Channel> Link::open_channel(Pattern pattern, std::string_view endpoint) {
    transport::Profile profile;
    profile.credentials = credentials_;
    auto socket = transport::Socket::open(pattern, profile);
    if (!socket) return std::nullopt;
    auto monitor = (*socket)->monitor();
    if (!monitor) return std::nullopt;
    if (auto connected = (*socket)->connect(endpoint); !connected) {
        log(LogLevel::warning, connected.error().text());
        return std::nullopt;
    }
    return Channel{std::move(*socket), std::move(*monitor)};
}

void Link::watch_dealer() {
    poller_.add(*dealer_->monitor, [this, mine = dealer_->monitor.get()](std::span<const LinkEvent> events) {
        for (const LinkEvent& event : events)
            if (dealer_ && dealer_->monitor.get() == mine) on_dealer_event(event);
    });
    poller_.add(
        *dealer_->socket,
        [this, mine = dealer_->socket.get()](std::span<Message> messages) {
            for (const Message& message : messages)
                if (dealer_ && dealer_->socket.get() == mine) on_dealer_message(message.bytes());
        },
        transport::Poller::Priority::control);
}

// A callback of the poller may be running on what is given up here, so it lives until the next round.
void Link::retire(std::optional<Channel>& channel, Clock::duration flush) {
    if (!channel) return;
    poller_.remove(*channel->socket);
    poller_.remove(*channel->monitor);
    channel->socket->close(flush);
    poller_.post([old = std::make_shared<Channel>(std::move(*channel))] {});
    channel.reset();
}

void Link::on_dealer_event(const LinkEvent& event) {
    using enum LinkEvent::Kind;
    switch (event.kind) {
    case connected: connected_ = true; return;
    case ready: failed_handshakes_ = 0; return greet();
    case disconnected:
        connected_ = false;
        drain();
        return lose(), reopen_in(retry_notice);
    case refused: return turn_away();
    // Whoever expects a key and finds another hears nothing else of it; nor does, at times, who has none.
    case handshake_failed:
        if (credentials_ || ++failed_handshakes_ == max_failed_handshakes) return turn_away();
        retire(dealer_, {});
        return reopen_in(retry_notice);
    case retrying:
        connected_ = false;
        if (timer_) poller_.cancel(*timer_);
        if (!up_) handlers_.absent();
    }
}

void Link::turn_away() {
    failed_handshakes_ = 0;
    const std::string address{transport::split_key(endpoint_).address};
    retire(dealer_, {});
    reopen_in(refused_pause);
    handlers_.refused(
        credentials_
            ? Status{"credentials_refused", address}
            : Status{"credentials_required",
                     address + " is encrypted: say --secret-file or --key-file; or what answers there is no node"});
}

/// The news of the end come before the last messages.
void Link::drain() {
    std::vector<Message> messages;
    dealer_->socket->receive(messages);
    for (const Message& message : messages)
        if (dealer_ && up_) on_dealer_message(message.bytes());
}

void Link::greet() {
    if (!dealer_) return;
    if (dealer_->socket->send(wire::encode(hello_)) != Sent::sent) return later(1ms, [this] { greet(); });
    if (!ask_.empty()) (void)dealer_->socket->send(std::string_view{ask_});
    reopen_in(timing_.lease()); // unless it answers
}

void Link::on_dealer_message(std::string_view bytes) {
    const auto message = wire::decode(bytes);
    if (!message) {
        log(LogLevel::warning, endpoint_ + " sent what cannot be read: " + message.error().info());
        return reopen_in(failed_pause);
    }
    heard_ = Clock::now();
    if (const auto* answer = std::get_if<wire::Welcome>(&*message)) return welcome(*answer);
    if (const auto* answer = std::get_if<wire::Refused>(&*message)) {
        const bool known = up_;
        lose();
        retire(dealer_, {}); // what went behind the HELLO is refused as well, for that reason only
        reopen_in(known ? Clock::duration{failed_pause} : Clock::duration{refused_pause});
        return handlers_.refused(answer->status);
    }
    if (const auto* ping = std::get_if<wire::Ping>(&*message))
        return send(wire::encode(wire::Pong{ping->nonce, hello_.node}));
    if (up_) return handlers_.message(*message);
    // A TCP connection may join a socket to itself: then it gets its own greeting.
    if (std::holds_alternative<wire::Hello>(*message)) reopen_in(failed_pause);
}

void Link::welcome(const wire::Welcome& welcome) {
    if (timer_) poller_.cancel(*timer_);
    if (up_) lose();
    up_ = true;
    lease_ = timing_.missed_beats * std::max<Clock::duration>(timing_.beat, std::chrono::milliseconds{welcome.beat_ms});
    if (!welcome.subscribe_endpoint.empty())
        subscribe(with_host_of(welcome.subscribe_endpoint, endpoint_), welcome.cluster);
    handlers_.up(welcome);
}

void Link::subscribe(const std::string& endpoint, std::string_view cluster) {
    sub_ = open_channel(Pattern::sub, endpoint);
    if (!sub_) return;
    subscription_ = wire::directory_topic(cluster);
    (void)sub_->socket->subscribe(wire::subscription(subscription_));
    poller_.add(*sub_->monitor, [this](std::span<const LinkEvent> events) {
        for (const LinkEvent& event : events) {
            if (event.kind != LinkEvent::Kind::ready) continue;
            if (listening_timer_) poller_.cancel(*listening_timer_);
            listening_timer_ = poller_.at(Clock::now() + subscription_delay, [this] {
                if (up_) handlers_.listening();
            });
        }
    });
    poller_.add(
        *sub_->socket,
        [this, mine = sub_->socket.get()](std::span<Message> messages) {
            for (const Message& message : messages)
                if (sub_ && sub_->socket.get() == mine) on_published(message.bytes());
        },
        transport::Poller::Priority::control);
}

void Link::on_published(std::string_view bytes) {
    const auto parts = wire::split_published(bytes);
    if (!up_ || !parts || parts->first != subscription_) return;
    const auto message = wire::decode(parts->second);
    if (!message) return log(LogLevel::warning, endpoint_ + " published what cannot be read");
    heard_ = Clock::now();
    handlers_.message(*message);
}

void Link::send(std::string message) {
    if (up_ && dealer_) (void)dealer_->socket->send(std::move(message));
}

void Link::look(Clock::time_point now) {
    const bool overslept = now - looked_at_ > 2 * timing_.beat;
    looked_at_ = now;
    if (!up_) return;
    if (overslept) heard_ = now; // the silence was ours
    if (now - heard_ >= lease_) open();
}

void Link::tick(const wire::Beat& beat, Clock::time_point now) {
    look(now);
    send(wire::encode(beat));
}

void Link::lose() {
    retire(sub_, {});
    if (!std::exchange(up_, false)) return;
    handlers_.down();
}

void Link::reopen_in(Clock::duration delay) {
    later(delay, [this] { open(); });
}

void Link::later(Clock::duration delay, transport::Poller::Function function) {
    if (timer_) poller_.cancel(*timer_);
    timer_ = poller_.at(Clock::now() + delay, std::move(function));
}

void Link::close(Clock::duration flush) {
    if (timer_) poller_.cancel(*timer_);
    if (listening_timer_) poller_.cancel(*listening_timer_);
    up_ = false;
    retire(sub_, {});
    retire(dealer_, flush);
}

} // namespace malla::discovery
