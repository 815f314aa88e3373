// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/embedded.hpp"

#include "malla/base/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace malla::discovery {

using namespace std::chrono_literals;

namespace {

// While somebody holds the endpoint and does not answer: he may be slow to start, or stopped.
constexpr Clock::duration first_pause = 20ms;
constexpr Clock::duration longest_pause = 2s;

} // namespace

Embedded::Embedded(transport::Poller& poller, Broker::Options options, Taken taken)
    : poller_{poller}, options_{std::move(options)}, taken_{std::move(taken)} {}

Embedded::~Embedded() { settle(); }

void Embedded::start() {
    pause_ = first_pause;
    attempt();
}

void Embedded::race() {
    if (broker_) return; // the way to ourselves comes back by itself
    pause_ = first_pause;
    attempt_in(random_part(options_.timing.rebind_jitter));
}

void Embedded::settle() {
    if (timer_) poller_.cancel(*timer_);
    timer_.reset();
}

void Embedded::attempt() {
    timer_.reset();
    auto opened = Broker::open(poller_, options_);
    if (opened) {
        broker_ = *std::move(opened);
        held_.store(true, std::memory_order_release);
        log(LogLevel::info, "this node is the rendezvous at " + broker_->endpoints().front());
        return taken_();
    }
    if (opened.error().id() != "address_in_use") return log(LogLevel::warning, opened.error().text());
    attempt_in(pause_ + random_part(options_.timing.rebind_jitter));
    pause_ = std::min(2 * pause_, longest_pause);
    taken_();
}

void Embedded::attempt_in(Clock::duration delay) {
    settle();
    timer_ = poller_.at(Clock::now() + delay, [this] { attempt(); });
}

Clock::duration Embedded::random_part(Clock::duration limit) {
    return Clock::duration{std::uniform_int_distribution<Clock::rep>{0, limit.count()}(random_)};
}

} // namespace malla::discovery
