// SPDX-License-Identifier: Apache-2.0
// How fast nodes find each other, by each way to meet, and how fast the news of a service reach them. The figures that
// are promised are judged by the median and by the time that nine of ten keep, since the machine may be busy.
#include "malla/base/thread.hpp"
#include "malla/discovery/broker.hpp"
#include "malla/node/node.hpp"
#include "node/nodes.hpp"
#include "support/free_endpoint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::free_endpoint;

constexpr int meetings = 20;
constexpr int changes = 50;

struct Nap : Callback<"nap()", void()> {};
struct SleeperApi : Api<"Sleeper", Nap> {};
struct Sleeper : Service<SleeperApi> {
    static constexpr bool silent = true;
    using Plugins = malla::Plugins<>;
    void on(Nap) {}
};

/// A broker with a thread of its own.
class BrokerThread {
public:
    BrokerThread() {
        discovery::Broker::Options options;
        options.endpoints = {"tcp://127.0.0.1:*"};
        broker_ = value_or_throw(discovery::Broker::open(poller_, std::move(options)));
        thread_ = start_thread("broker", [this] { poller_.run(); });
    }
    ~BrokerThread() {
        poller_.stop();
        thread_.join();
    }
    BrokerThread(const BrokerThread&) = delete;
    BrokerThread& operator=(const BrokerThread&) = delete;

    [[nodiscard]] std::string endpoint() const { return broker_->endpoints().front(); }

private:
    transport::Poller poller_;
    std::unique_ptr<discovery::Broker> broker_;
    std::thread thread_;
};

NodeOptions with_broker(std::string name, const std::string& endpoint) {
    auto options = alone(std::move(name));
    options.brokers = {endpoint};
    return options;
}
NodeOptions with_peer(std::string name, const std::string& endpoint) {
    auto options = alone(std::move(name));
    options.peers = {endpoint};
    return options;
}
NodeOptions with_loopback(std::string name, const std::string& endpoint) {
    auto options = alone(std::move(name));
    options.loopback = endpoint;
    return options;
}

/// Hears what a node learns, and says when.
class Ear {
public:
    explicit Ear(Node& node) : watch_{node.watch([this](const MeshChange& change) { hear(change); })} {}

    /// When `who` was first heard to be as `text` says ("NODE/SERVICE STATUS"), since the last `forget`.
    [[nodiscard]] std::optional<Clock::time_point> heard(std::string_view text) {
        std::unique_lock lock{mutex_};
        const auto known = [&] { return find(text) != heard_.end(); };
        if (!changed_.wait_for(lock, 10s, known)) return std::nullopt;
        return find(text)->second;
    }
    void forget() {
        const std::lock_guard lock{mutex_};
        heard_.clear();
    }

private:
    using Heard = std::vector<std::pair<std::string, Clock::time_point>>;

    [[nodiscard]] Heard::iterator find(std::string_view text) {
        return std::ranges::find_if(heard_, [&](const auto& each) { return each.first == text; });
    }
    void hear(const MeshChange& change) {
        const auto now = Clock::now();
        const std::lock_guard lock{mutex_};
        heard_.emplace_back(change.node_name + '/' + change.service + ' ' + std::string{change.status_text()}, now);
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    Heard heard_;
    Watch watch_; // ends before what its handler uses
};

/// The times of one thing, and what is said of them.
class Times {
public:
    void add(Clock::duration time) { times_.push_back(time); }
    [[nodiscard]] Clock::duration part(double quantile) {
        std::ranges::sort(times_);
        return times_[static_cast<std::size_t>(quantile * static_cast<double>(times_.size() - 1))];
    }
    void print(std::string_view what) {
        const auto ms = [](Clock::duration time) { return std::chrono::duration<double, std::milli>{time}.count(); };
        std::cout << what << ": median " << ms(part(0.5)) << " ms, nine of ten below " << ms(part(0.9))
                  << " ms, at most " << ms(part(1)) << " ms\n";
    }

private:
    std::vector<Clock::duration> times_;
};

/// From the start of the second node to the moment when each knows the other.
Times meet(std::string_view way, const std::function<NodeOptions()>& first,
           const std::function<NodeOptions(const Node&)>& second) {
    Times times;
    for (int i = 0; i < meetings; ++i) {
        Node one{first()};
        Ear ear_of_one{one};
        const auto began = Clock::now();
        Node two{second(one)};
        Ear ear_of_two{two};
        const auto seen_by_one = ear_of_one.heard("two/ running");
        const auto seen_by_two = ear_of_two.heard("one/ running");
        EXPECT_TRUE(seen_by_one && seen_by_two);
        if (seen_by_one && seen_by_two) times.add(std::max(*seen_by_one, *seen_by_two) - began);
    }
    times.print("found each other by " + std::string{way});
    return times;
}

TEST(DiscoverySpeed, TwoNodesFindEachOtherByABrokerWithinAFifthOfASecond) {
    const BrokerThread broker;
    Times times = meet(
        "a broker", [&] { return with_broker("one", broker.endpoint()); },
        [&](const Node&) { return with_broker("two", broker.endpoint()); });
    EXPECT_LT(times.part(0.9), 200ms);
}

TEST(DiscoverySpeed, TwoNodesFindEachOtherOnOneMachineWithinAFifthOfASecond) {
    std::string endpoint;
    Times times = meet(
        "the embedded broker", [&] { return with_loopback("one", endpoint = free_endpoint()); },
        [&](const Node&) { return with_loopback("two", endpoint); });
    EXPECT_LT(times.part(0.9), 200ms);
}

TEST(DiscoverySpeed, TwoNodesFindEachOtherByAPeerWithinAFifthOfASecond) {
    Times times = meet(
        "a peer", [] { return alone("one"); }, [](const Node& one) { return with_peer("two", one.endpoint()); });
    EXPECT_LT(times.part(0.9), 200ms);
}

/// A node whose service is started, paused and stopped, and two others who hear of it.
class Operated {
public:
    explicit Operated(const std::function<NodeOptions(std::string)>& options)
        : server_{options("server")}, first_{options("first")}, second_{options("second")} {
        for (Node* node : {&first_, &second_}) ears_.push_back(std::make_unique<Ear>(*node));
        for (const auto& ear : ears_) EXPECT_TRUE(ear->heard("server/ running"));
    }

    /// How long after the beginning of each operation all others know what became of it.
    Times run() {
        Times times;
        ServiceControl& control = server_.start<Sleeper>().control();
        for (const auto& ear : ears_) EXPECT_TRUE(ear->heard("server/Sleeper running"));
        for (int i = 0; i < changes; ++i) {
            times.add(measure(control, AdminStatus::pause, "server/Sleeper paused"));
            times.add(measure(control, AdminStatus::inactive, "server/Sleeper stopped"));
            times.add(measure(control, AdminStatus::active, "server/Sleeper running"));
        }
        return times;
    }

private:
    Clock::duration measure(ServiceControl& control, AdminStatus status, std::string_view heard) {
        for (const auto& ear : ears_) ear->forget();
        const auto began = Clock::now();
        EXPECT_TRUE(control.set_admin_status(status));
        Clock::time_point last = began;
        for (const auto& ear : ears_) {
            const auto at = ear->heard(heard);
            EXPECT_TRUE(at) << heard;
            last = std::max(last, at.value_or(Clock::now()));
        }
        return last - began;
    }

    Node server_;
    Node first_;
    Node second_;
    std::vector<std::unique_ptr<Ear>> ears_;
};

TEST(DiscoverySpeed, WhatBecomesOfAServiceIsKnownThroughABrokerInMilliseconds) {
    const BrokerThread broker;
    Operated mesh{[&](std::string name) { return with_broker(std::move(name), broker.endpoint()); }};

    Times times = mesh.run();
    times.print("heard of a service that was started, paused or stopped, by a broker");
    EXPECT_LT(times.part(0.5), 2ms);
    EXPECT_LT(times.part(0.9), 20ms);
}

TEST(DiscoverySpeed, WhatBecomesOfAServiceIsKnownOnOneMachineInMilliseconds) {
    const std::string endpoint = free_endpoint();
    Operated mesh{[&](std::string name) { return with_loopback(std::move(name), endpoint); }};

    Times times = mesh.run();
    times.print("heard of a service that was started, paused or stopped, by the embedded broker");
    EXPECT_LT(times.part(0.5), 2ms);
    EXPECT_LT(times.part(0.9), 20ms);
}

} // namespace
} // namespace malla
