// SPDX-License-Identifier: Apache-2.0
#include "malla/node/stop_signal.hpp"

#include "malla/node/node.hpp"
#include "malla/service/hosting_node.hpp"
#include "node/nodes.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <vector>

#include <poll.h>

namespace malla {
namespace {

using namespace std::chrono_literals;

struct Ask : Callback<"ask()", int()> {};
struct QuietApi : Api<"Quiet", Ask> {};
struct Quiet : Service<QuietApi> {
    int on(Ask) { return 1; }
};

auto handler_of(int number) {
    struct sigaction now {};
    ::sigaction(number, nullptr, &now);
    return now.sa_handler;
}

TEST(StopSignal, ThatCameBeforeTheNodeWasThereEndsItInOrder) {
    StopSignal signal;
    ASSERT_EQ(::raise(SIGTERM), 0);
    Node node{test::alone("early")};
    const auto& quiet = node.start<Quiet>();
    EXPECT_EQ(node.run(signal), 0);
    EXPECT_EQ(quiet.running_status(), RunningStatus::stopped);
}

TEST(StopSignal, LeavesSignalsAsTheyWere) {
    for (const int number : {SIGINT, SIGHUP}) std::signal(number, SIG_DFL);
    std::signal(SIGTERM, SIG_IGN);
    {
        const StopSignal signal;
        for (const int number : {SIGTERM, SIGINT, SIGHUP}) EXPECT_NE(handler_of(number), SIG_DFL);
        EXPECT_NE(handler_of(SIGTERM), SIG_IGN);
    }
    EXPECT_EQ(handler_of(SIGTERM), SIG_IGN);
    for (const int number : {SIGINT, SIGHUP}) EXPECT_EQ(handler_of(number), SIG_DFL);
}

TEST(StopSignal, LeavesAHangupToWhoeverIgnoresIt) {
    std::signal(SIGHUP, SIG_IGN);
    const StopSignal signal;
    EXPECT_EQ(handler_of(SIGHUP), SIG_IGN);
}

/// Sends each of `numbers` twice at once, says that it lives, and sends them for that long again and again.
void insist(const std::vector<int>& numbers, Clock::duration time) {
    for (const int number : {SIGTERM, SIGINT}) std::signal(number, SIG_IGN); // as in the background of a script
    std::signal(SIGHUP, SIG_DFL);
    const StopSignal signal;
    const auto end = Deadline::in(time);
    for (const int round : {1, 2})
        for (const int number : numbers) ASSERT_EQ(::raise(number), 0) << round;
    std::cerr << "lives";
    while (!end.passed(Clock::now()))
        for (const int number : numbers) ::raise(number);
    std::_Exit(0);
}

TEST(StopSignal, ThatComesTwiceAtOnceIsOneAndLaterItEndsTheProgram) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto begun = Clock::now();
    EXPECT_EXIT(insist({SIGTERM}, 60s), testing::KilledBySignal(SIGTERM), "lives");
    EXPECT_EXIT(insist({SIGHUP, SIGINT}, 60s), testing::KilledBySignal(SIGINT), "lives");
    EXPECT_GE(Clock::now() - begun, 2 * 500ms);
}

TEST(StopSignal, ThatComesAgainBehindItsEndIsOneForHalfASecond) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto insist_behind = [](int number) {
        std::signal(number, SIG_DFL);
        const auto begun = Clock::now();
        {
            const StopSignal signal;
            ::raise(number);
        }
        ::raise(number);
        std::cerr << "lives";
        while (Clock::now() - begun < 60s) ::raise(number);
    };
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        EXPECT_EXIT(insist_behind(number), testing::KilledBySignal(number), "lives");
}

TEST(StopSignal, IsTakenByTheNextOneToo) {
    for (int i = 0; i < 2; ++i) {
        for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
            if (i == 0) std::signal(number, SIG_DFL);
            const StopSignal signal;
            ASSERT_EQ(::raise(number), 0);
            pollfd told{signal.fd(), POLLIN, 0};
            EXPECT_EQ(::poll(&told, 1, 0), 1);
        }
    }
    // One that none came to leaves none that swallows the next.
    { const StopSignal quiet; }
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) EXPECT_EQ(handler_of(number), SIG_DFL);
}

TEST(StopSignal, OfAClosedTerminalIsNeverASecondOne) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(insist({SIGHUP}, 1s), testing::ExitedWithCode(0), "lives");
}

/// Is told to end by the system, too, while it ends by itself.
struct Doomed : Service<QuietApi> {
    Result<void> start(const Starting& starting) {
        starting.hosting->end();
        return {};
    }
    void stop() {
        ::raise(SIGTERM);
        ::raise(SIGINT);
    }
    int on(Ask) { return 1; }
};

TEST(StopSignal, ThatComesWhileTheNodeEndsByItselfDoesNotCutThatShort) {
    Node node{test::alone("doomed")};
    const auto& doomed = node.start<Doomed>();
    EXPECT_EQ(node.run(), 0);
    EXPECT_EQ(doomed.running_status(), RunningStatus::stopped);
}

} // namespace
} // namespace malla
