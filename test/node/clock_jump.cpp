// SPDX-License-Identifier: Apache-2.0
// The wall clock jumps by a year, forth and back, for everything in this process: nobody seems dead, no call ends
// early or late. A program of its own, for it takes the place of the system's clock.
#include "malla/node/remote.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace {

std::atomic<std::int64_t> jump_s = 0;

} // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
    const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
    if (clock == CLOCK_REALTIME) now->tv_sec += jump_s.load();
    return result;
}

namespace malla {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t year_s = 365 * 24 * 3600;

struct Nap : Callback<"nap(ms)", void(std::uint32_t)> {};
struct NapperApi : Api<"Napper", Nap> {};
struct Napper : Service<NapperApi> {
    using Plugins = malla::Plugins<>;
    void on(Nap, std::uint32_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds{ms}); }
};

TEST(WallClock, ThatJumpsByAYearLetsNobodySeemDeadAndEndsNoCall) {
    NodeOptions options;
    options.loopback.clear();
    Node server{options};
    options.peers = {server.endpoint()};
    Node caller{options};
    server.start<Napper>();
    Remote<NapperApi> napper{caller};
    ASSERT_TRUE(napper.try_call<Nap>(within(10s), 0U));
    std::atomic<int> lost = 0;
    const auto watch = caller.watch([&](const MeshChange& change) { lost += change.gone || change.stale; });

    const auto before = std::chrono::system_clock::now();
    for (const std::int64_t jump : {year_s, -year_s, std::int64_t{0}}) {
        auto nap = napper.async<Nap>(within(20s), 1'900U); // longer than a lease
        jump_s = jump;
        EXPECT_TRUE(nap.get()) << jump;

        const auto began = Clock::now();
        const auto late = napper.try_call<Nap>(within(1s), 3'000U);
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().id(), "deadline_exceeded");
        EXPECT_GE(Clock::now() - began, 1s);
    }
    EXPECT_EQ(lost, 0);
    jump_s = year_s;
    EXPECT_GT(std::chrono::system_clock::now() - before, 360 * 24h); // it did jump
}

} // namespace
} // namespace malla
