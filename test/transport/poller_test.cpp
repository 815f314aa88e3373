// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/poller.hpp"

#include "malla/base/thread.hpp"
#include "transport/support.hpp"

#include <csignal>

#include <pthread.h>

namespace malla::transport::test {
namespace {

/// A loop that gives up, so that a test that waits for what never comes fails.
struct PollerTest : testing::Test {
    Poller poller;
    bool gave_up = false;

    void SetUp() override {
        poller.at(Clock::now() + patience, [this] {
            gave_up = true;
            poller.stop();
        });
    }
    void TearDown() override { EXPECT_FALSE(gave_up); }
};

TEST_F(PollerTest, CallsBackForMessagesTimersAndPosts) {
    const Pair pair;
    std::string seen;
    poller.add(*pair.router, [&](std::span<Message> messages) {
        seen += messages.front().bytes();
        poller.at(Clock::now() + 1ms, [&] {
            seen += " timer";
            poller.post([&] {
                seen += " post";
                poller.stop();
            });
        });
    });

    ASSERT_EQ(pair.dealer->send("message"sv), Sent::sent);
    poller.run();
    EXPECT_EQ(seen, "message timer post");
}

TEST_F(PollerTest, RunsPostsOfAnyThreadInTheirOrder) {
    constexpr int count = 10'000;
    int next = 0;
    auto poster = start_thread("poster", [&] {
        for (int i = 0; i < count; ++i) {
            poller.post([&, i] {
                EXPECT_EQ(next++, i);
                if (next == count) poller.stop();
            });
        }
    });

    poller.run();
    poster.join();
    EXPECT_EQ(next, count);
}

TEST_F(PollerTest, AFloodedSocketLeavesTheOthersTheirTurn) {
    const Pair flooded;
    const Pair quiet;
    for (int i = 0; i < 900; ++i) ASSERT_EQ(flooded.dealer->send("x"sv), Sent::sent);
    ASSERT_EQ(quiet.dealer->send("x"sv), Sent::sent);
    ASSERT_TRUE(eventually([&] { return flooded.router->readable() && quiet.router->readable(); }));
    std::size_t before_quiet = 0;
    std::size_t most_at_once = 0;
    poller.add(*flooded.router, [&](std::span<Message> messages) {
        before_quiet += messages.size();
        most_at_once = std::max(most_at_once, messages.size());
    });
    poller.add(*quiet.router, [&](std::span<Message>) { poller.stop(); });

    poller.run();
    EXPECT_LE(before_quiet, Socket::batch);
    EXPECT_LE(most_at_once, Socket::batch);
}

TEST_F(PollerTest, TakesAllOfAFloodWithoutFurtherNews) {
    const Pair pair;
    std::size_t received = 0;
    for (int i = 0; i < 900; ++i) ASSERT_EQ(pair.dealer->send("x"sv), Sent::sent);
    poller.add(*pair.router, [&](std::span<Message> messages) {
        received += messages.size();
        if (received == 900) poller.stop();
    });

    poller.run();
    EXPECT_EQ(received, 900U);
}

TEST_F(PollerTest, ServesControlBeforeData) {
    const Pair data;
    const Pair control;
    std::string order;
    poller.add(*data.router, [&](std::span<Message>) {
        order += 'd';
        poller.stop();
    });
    poller.add(
        *control.router, [&](std::span<Message>) { order += 'c'; }, Poller::Priority::control);
    ASSERT_EQ(data.dealer->send("x"sv), Sent::sent);
    ASSERT_EQ(control.dealer->send("x"sv), Sent::sent);
    ASSERT_TRUE(eventually([&] { return data.router->readable() && control.router->readable(); }));

    poller.run();
    EXPECT_EQ(order, "cd");
}

TEST_F(PollerTest, ACallbackMayRemoveAndDestroyItsOwnSocketAndAddAnother) {
    auto first = std::make_unique<Pair>();
    const Pair second;
    ASSERT_EQ(first->dealer->send("x"sv), Sent::sent);
    ASSERT_EQ(second.dealer->send("x"sv), Sent::sent);
    poller.add(*first->router, [&](std::span<Message>) {
        poller.remove(*first->router);
        first.reset();
        poller.add(*second.router, [&](std::span<Message>) { poller.stop(); });
    });

    poller.run();
    EXPECT_EQ(first, nullptr);
}

TEST_F(PollerTest, ASocketThatIsClosedWhileTheLoopWaitsRemovesItself) {
    Pair pair;
    poller.add(*pair.router, [](std::span<Message>) { ADD_FAILURE(); });
    auto closer = start_thread("closer", [&] {
        pair.router->close();
        poller.post([&] { poller.stop(); });
    });

    poller.run();
    closer.join();
}

TEST_F(PollerTest, WatchesABareDescriptorUntilItIsRemoved) {
    Wake wake;
    int calls = 0;
    poller.add(wake.fd(), [&] {
        if (++calls < 2) return;
        poller.remove(wake.fd()); // still readable
        poller.at(Clock::now() + 5ms, [&] { poller.stop(); });
    });
    wake.wake();

    poller.run();
    EXPECT_EQ(calls, 2);
}

TEST_F(PollerTest, HandsOverTheEventsOfAMonitor) {
    const auto router = open(Pattern::router);
    const auto monitor = must(router->monitor());
    const auto endpoint = must(router->bind("tcp://127.0.0.1:*"));
    poller.add(*monitor, [&](std::span<const LinkEvent> events) {
        for (const auto& event : events) {
            if (event.kind == LinkEvent::Kind::ready) poller.stop();
        }
    });
    const auto dealer = open(Pattern::dealer);
    must(dealer->connect(endpoint));

    poller.run();
}

TEST_F(PollerTest, RepeatsATimerUntilItIsCancelled) {
    int ticks = 0;
    TimerId id{};
    id = poller.every(1ms, [&] {
        if (++ticks < 3) return;
        poller.cancel(id);
        poller.at(Clock::now() + 10ms, [&] { poller.stop(); });
    });

    poller.run();
    EXPECT_EQ(ticks, 3);
}

TEST_F(PollerTest, StopBeforeRunEndsItAtOnce) {
    poller.stop();
    poller.run();
}

volatile std::sig_atomic_t signals_seen = 0;

TEST_F(PollerTest, ASignalDoesNotDisturbIt) {
    struct sigaction action {};
    action.sa_handler = [](int) { signals_seen = signals_seen + 1; };
    ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
    const auto self = pthread_self();
    auto sender = start_thread("signals", [&] {
        for (int i = 0; i < 1000; ++i) pthread_kill(self, SIGUSR1);
        poller.post([&] { poller.stop(); });
    });

    poller.run();
    sender.join();
    EXPECT_GT(signals_seen, 0);
}

TEST(StartThread, TakesNoSignal) {
    sigset_t blocked;
    start_thread("a name longer than fifteen", [&] { pthread_sigmask(SIG_SETMASK, nullptr, &blocked); }).join();
    sigset_t own;
    pthread_sigmask(SIG_SETMASK, nullptr, &own);

    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
        EXPECT_EQ(sigismember(&blocked, signal), 1) << signal;
        EXPECT_EQ(sigismember(&own, signal), 0) << signal;
    }
}

} // namespace
} // namespace malla::transport::test
