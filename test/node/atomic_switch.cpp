// SPDX-License-Identifier: Apache-2.0
// Two plugins of a service are replaced as one set, again and again, while it is called from here and from another
// node: no call fails, and none sees one plugin of a set without the other.
//
// MALLA_SWITCHES and MALLA_CALLS_PER_SWITCH say how much of it.
#include "malla/node/remote.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t switches = MALLA_SWITCHES;
constexpr std::int64_t calls_per_switch = MALLA_CALLS_PER_SWITCH;
constexpr std::int64_t remote_calls_per_switch = 10; // of these
constexpr std::size_t callers_of_each_kind = 8;

struct Ask : Callback<"ask(stamp)", std::int64_t(std::int64_t)> {};
struct GenerationsApi : Api<"Generations", Ask> {};

/// Sets are numbered. That of `latest` is being prepared or current, and those before `oldest` are no longer current.
std::atomic<std::int64_t> latest = 0;
std::atomic<std::int64_t> oldest = 0;
std::atomic<int> living = 0;

struct Numbered : Plugin {
    using Callbacks = malla::Callbacks<Ask>;

    Numbered() { ++living; }
    Numbered(const Numbered&) = delete;
    Numbered& operator=(const Numbered&) = delete;
    ~Numbered() {
        generation = -1; // whoever still calls it would answer this
        --living;
    }
    std::atomic<std::int64_t> generation = latest.load();
};

/// Writes its own number into the arguments.
template <class Below>
struct Stamps : Numbered {
    using Depends = malla::Depends<Below>;
    Flow<Ask> on(Ask, std::int64_t) {
        thread_local unsigned passed = 0;
        if (++passed % 64 == 0) std::this_thread::yield(); // a switch may come between the two
        return cont_with(generation.load());
    }
};
/// Answers its own number, when that is what was written.
struct Checks : Numbered {
    Result<std::int64_t> on(Ask, std::int64_t stamp) {
        if (stamp == generation) return stamp;
        return Status{"conflict"}.set_info(std::to_string(stamp) + " above " + std::to_string(generation));
    }
};

struct CheckA : Checks {};
struct StampA : Stamps<CheckA> {};
struct CheckB : Checks {};
struct StampB : Stamps<CheckB> {};

struct Serial : Service<GenerationsApi> {
    static constexpr bool silent = true;
    using Plugins = malla::Plugins<StampA, CheckA>;
};
struct Concurrent : Serial {
    static constexpr bool concurrent = true;
};

/// One thread that calls, and what it saw.
struct Caller {
    template <class Call>
    void run(const std::atomic<bool>& done, Call call) {
        while (!done) {
            const std::int64_t latest_before = latest;
            const std::int64_t oldest_before = oldest;
            const Result<std::int64_t> answer = call();
            const std::int64_t oldest_after = oldest;
            const std::int64_t latest_after = latest;
            if (!answer) note(answer.error().text());
            else if (*answer < oldest_before || *answer > latest_after)
                note(std::to_string(*answer) + " answered between " + std::to_string(oldest_before) + " and " +
                     std::to_string(latest_after));
            if (latest_before < oldest_after) ++across; // a switch began and ended meanwhile
            calls.store(calls.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        }
    }
    void note(std::string what) {
        if (wrong++ == 0) first_wrong = std::move(what);
    }

    alignas(64) std::atomic<std::int64_t> calls = 0;
    std::int64_t across = 0;
    std::int64_t wrong = 0;
    std::string first_wrong;
};
using Callers = std::array<Caller, callers_of_each_kind>;

std::int64_t calls_of(const Callers& callers) {
    std::int64_t sum = 0;
    for (const Caller& each : callers) sum += each.calls.load(std::memory_order_relaxed);
    return sum;
}

NodeOptions options(std::string name, std::vector<std::string> peers = {}) {
    NodeOptions made;
    made.name = std::move(name);
    made.loopback.clear();
    made.peers = std::move(peers);
    made.timeout = 60s;
    return made;
}

template <class S>
class AtomicSwitch : public ::testing::Test {
protected:
    AtomicSwitch() {
        latest = 0;
        oldest = 0;
        server.offer<StampB, CheckB>();
    }

    /// Waits until as many sets had their share of calls.
    bool wait_for_calls(std::int64_t sets) const {
        const auto called = [&] {
            const std::int64_t remote_calls = calls_of(remote);
            return remote_calls >= sets * remote_calls_per_switch &&
                   calls_of(here) + remote_calls >= sets * calls_per_switch;
        };
        return test::eventually(called, 250s);
    }
    /// Switches to the next set; how long that took.
    std::chrono::nanoseconds switch_once(ServiceControl& control) {
        static const std::array<std::string, 2> a{"StampA", "CheckA"};
        static const std::array<std::string, 2> b{"StampB", "CheckB"};
        const std::int64_t next = latest + 1;
        latest = next;
        const auto began = std::chrono::steady_clock::now();
        const auto switched = control.set_plugins(next % 2 == 0 ? a : b);
        const auto took = std::chrono::steady_clock::now() - began;
        oldest = next;
        EXPECT_TRUE(switched) << switched.error().text();
        return took;
    }
    void check(const char* who, const Callers& callers) {
        std::int64_t wrong = 0;
        std::int64_t across_these = 0;
        for (const Caller& each : callers) {
            wrong += each.wrong;
            across_these += each.across;
            EXPECT_EQ(each.wrong, 0) << who << ": " << each.first_wrong;
        }
        across += across_these;
        std::cout << "  " << calls_of(callers) << " calls " << who << ", " << across_these << " across a switch, "
                  << wrong << " wrong\n";
    }

    Node server{options("server")};
    Node client{options("client", {server.endpoint()})};
    Callers here;
    Callers remote;
    std::int64_t across = 0;
};

using BothKinds = ::testing::Types<Serial, Concurrent>;
TYPED_TEST_SUITE(AtomicSwitch, BothKinds);

TYPED_TEST(AtomicSwitch, LosesNoCallAndNeverShowsOnePluginOfASetWithoutTheOther) {
    LiveService<TypeParam>& service = this->server.template start<TypeParam>();
    ASSERT_TRUE(this->client.wait_for("Generations", Deadline::in(60s)));
    std::atomic<bool> done = false;
    std::vector<std::jthread> threads;
    for (Caller& each : this->here)
        threads.emplace_back([&] { each.run(done, [&] { return service.template try_call<Ask>(0); }); });
    for (Caller& each : this->remote)
        threads.emplace_back([&, remote = Remote<GenerationsApi>{this->client}]() mutable {
            each.run(done, [&] { return remote.template try_call<Ask>(0); });
        });

    std::vector<std::chrono::nanoseconds> took;
    const auto began = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < switches && this->wait_for_calls(i); ++i)
        took.push_back(this->switch_once(service.control()));
    EXPECT_TRUE(this->wait_for_calls(switches));
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
    done = true;
    threads.clear();

    this->check("in the program", this->here);
    this->check("from the other node", this->remote);
    ASSERT_EQ(took.size(), static_cast<std::size_t>(switches));
    std::ranges::sort(took);
    const std::chrono::duration<double, std::milli> median = took[took.size() / 2];
    std::cout << "  " << switches << " switches in " << elapsed.count() << " s; one takes " << median.count()
              << " ms (median)\n";
    EXPECT_GE(this->across, switches / 10);
    if (MALLA_JUDGES_TIME) {
        EXPECT_LT(median, 5ms);
    }
    EXPECT_TRUE(test::eventually([] { return living <= 4; }, 60s)) << living << ": those replaced were not destroyed";
}

} // namespace
} // namespace malla
