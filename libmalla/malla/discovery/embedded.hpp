// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/discovery/broker.hpp"
#include "malla/transport/poller.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <random>

namespace malla::discovery {

/// The rendezvous of one machine, inside one of its nodes: whoever binds the loopback endpoint has
/// it, and when that node dies the others race for it.
///
/// On the thread of its poller, which must outlive it, but for `is_held`.
class Embedded {
public:
    /// Called when somebody, perhaps this node, has the endpoint: now is the time to connect.
    using Taken = std::function<void()>;

    Embedded(transport::Poller& poller, Broker::Options options, Taken taken);
    ~Embedded();
    Embedded(const Embedded&) = delete;
    Embedded& operator=(const Embedded&) = delete;

    /// Tries to bind at once, and again until it has it or `settle` is called.
    void start();
    /// The connection to whoever has it broke: joins the race, after a random pause.
    void race();
    /// Somebody else has it, and answers.
    void settle();

    [[nodiscard]] Broker* broker() noexcept { return broker_.get(); }
    /// Any thread.
    [[nodiscard]] bool is_held() const noexcept { return held_.load(std::memory_order_acquire); }

private:
    void attempt();
    void attempt_in(Clock::duration delay);
    [[nodiscard]] Clock::duration random_part(Clock::duration limit);

    transport::Poller& poller_;
    Broker::Options options_;
    Taken taken_;
    std::unique_ptr<Broker> broker_;
    std::atomic<bool> held_{false};
    std::optional<transport::TimerId> timer_;
    Clock::duration pause_{};
    std::mt19937_64 random_{std::random_device{}()};
};

} // namespace malla::discovery
