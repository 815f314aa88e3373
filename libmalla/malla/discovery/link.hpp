// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/timing.hpp"
#include "malla/transport/poller.hpp"
#include "malla/transport/socket.hpp"
#include "malla/wire/message.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace malla::discovery {

/// One node's connection to one rendezvous: greets it whenever it connects, listens to what it
/// publishes, beats to it, and connects anew when it breaks, falls silent or refuses.
///
/// On the thread of its poller, which must outlive it. Its handlers may not destroy it.
class Link {
public:
    struct Handlers {
        /// The rendezvous let the node in; what it publishes from about now on will be heard.
        std::function<void(const wire::Welcome&)> up;
        /// It listens now, but for the time that a subscription takes to arrive.
        std::function<void()> listening;
        /// The connection broke. Before the next `up` there are no messages.
        std::function<void()> down;
        std::function<void(const wire::Message&)> message;
        /// It is tried again, but not soon.
        std::function<void(const Status&)> refused;
        /// Nobody took the connection; it is tried again.
        std::function<void()> absent;
    };

    /// `ask` is sent right behind each HELLO, unless it is empty. `credentials` may be null.
    Link(transport::Poller& poller, std::string endpoint, std::shared_ptr<const transport::Credentials> credentials,
         wire::Hello hello, std::string ask, const Timing& timing, Handlers handlers);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Starts to connect; again: drops the connection and starts anew.
    void open();
    /// Somebody listens there now: connects at once, unless that is done already.
    void hurry();
    /// Lost when it is not up, or its queue is full: a later beat repairs that.
    void send(std::string message);
    /// Begins anew when the rendezvous is silent; twice per beat.
    void look(Clock::time_point now);
    /// Once per beat: looks, and shows that this node is alive.
    void tick(const wire::Beat& beat, Clock::time_point now);
    /// Ends it; what was sent last gets up to `flush` to leave.
    void close(Clock::duration flush);

    [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }
    [[nodiscard]] bool is_up() const noexcept { return up_; }
    /// Where messages for the rendezvous go while it is up; any thread may send them.
    [[nodiscard]] std::shared_ptr<transport::Socket> socket() const { return dealer_ ? dealer_->socket : nullptr; }

private:
    struct Channel {
        std::shared_ptr<transport::Socket> socket; // also with those who publish events over it
        std::unique_ptr<transport::Monitor> monitor;
    };

    std::optional<Channel> open_channel(transport::Pattern pattern, std::string_view endpoint);
    void retire(std::optional<Channel>& channel, Clock::duration flush);
    void watch_dealer();
    void on_dealer_event(const transport::LinkEvent& event);
    void on_dealer_message(std::string_view bytes);
    void on_published(std::string_view bytes);
    void turn_away();
    void drain();
    void greet();
    void welcome(const wire::Welcome& welcome);
    void subscribe(const std::string& endpoint, std::string_view cluster);
    void lose();
    void reopen_in(Clock::duration delay);
    void later(Clock::duration delay, transport::Poller::Function function);

    transport::Poller& poller_;
    std::string endpoint_;
    const std::shared_ptr<const transport::Credentials> credentials_;
    wire::Hello hello_;
    std::string ask_;
    Timing timing_;
    Handlers handlers_;
    std::optional<Channel> dealer_;
    std::optional<Channel> sub_;
    std::string subscription_;
    bool connected_ = false;
    int failed_handshakes_ = 0; // one after the other
    bool up_ = false;
    Clock::time_point heard_{};
    Clock::duration lease_{}; // of the rendezvous: it beats as often as its WELCOME says
    Clock::time_point looked_at_{};
    std::optional<transport::TimerId> timer_;
    std::optional<transport::TimerId> listening_timer_;
};

/// `endpoint`, or, where its host is a wildcard, the same port at the host of `reached_by`.
[[nodiscard]] std::string with_host_of(std::string_view endpoint, std::string_view reached_by);

} // namespace malla::discovery
