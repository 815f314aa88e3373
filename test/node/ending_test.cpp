// SPDX-License-Identifier: Apache-2.0
// What a node waits for before it ends.
#include "malla/node/remote.hpp"
#include "node/nodes.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::joined_to;

struct Work : Callback<"work()", void()> {};
struct WorkApi : Api<"Work", Work> {};

struct Drains : Service<WorkApi> {
    Drains(std::shared_ptr<std::atomic<int>> all_times, int when_done) : times{std::move(all_times)}, done{when_done} {}
    void on(Work) {}
    bool drain() { return ++*times >= done; }

    std::shared_ptr<std::atomic<int>> times;
    int done;
};

TEST(Ending, BeforeItStopsAServiceItAsksUntilNothingIsLeftToDo) {
    const auto times = std::make_shared<std::atomic<int>>(0);
    auto node = std::make_unique<Node>(alone("drains"));
    node->start(Drains{times, 3});
    node.reset();
    EXPECT_EQ(*times, 3);
}

TEST(Ending, DoesNotWaitLongerThanItsLimitForAServiceThatHasAlwaysMoreToDo) {
    const auto times = std::make_shared<std::atomic<int>>(0);
    NodeOptions options = alone("drains");
    options.drain_limit = 0s;
    auto node = std::make_unique<Node>(options);
    node->start(Drains{times, 1'000'000});
    node.reset();
    EXPECT_EQ(*times, 1);
}

/// Takes its time to tidy up when it is cancelled.
struct Tidies : Service<WorkApi> {
    Tidies(std::shared_ptr<std::latch> when_begun, std::shared_ptr<std::atomic<bool>> when_stopped)
        : begun{std::move(when_begun)}, stopped{std::move(when_stopped)} {}

    void on(Work) {
        begun->count_down();
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any never;
        never.wait(lock, current_call()->cancelled, [] { return false; });
        std::this_thread::sleep_for(700ms); // the work itself
    }
    void stop() { *stopped = true; }

    std::shared_ptr<std::latch> begun;
    std::shared_ptr<std::atomic<bool>> stopped;
};

TEST(Ending, ItLetsAHandlerThatItCancelsReturnAndStopsTheService) {
    const auto begun = std::make_shared<std::latch>(1);
    const auto stopped = std::make_shared<std::atomic<bool>>(false);
    Node client{alone("client")};
    NodeOptions options = joined_to(client, "tidies");
    options.drain_limit = 0s;
    auto node = std::make_unique<Node>(options);
    node->start(Tidies{begun, stopped});
    ASSERT_TRUE(client.wait_for("Work", Deadline::in(10s)));
    const auto call = Remote<WorkApi>{client}.async<Work>();
    begun->wait();
    node.reset();
    EXPECT_TRUE(*stopped);
}

} // namespace
} // namespace malla
