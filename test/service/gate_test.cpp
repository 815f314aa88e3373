// SPDX-License-Identifier: Apache-2.0
#include "malla/service/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using Entry = Gate::Entry;

RequestId tree(std::uint64_t number) { return RequestId{NodeId{}, number}; }

class CountingJob final : public Gate::Job {
public:
    explicit CountingJob(std::uint64_t number) : Job{tree(number)} {}
    void granted() noexcept override { ++grants; }
    int grants = 0;
};

TEST(Gate, LetsOneInAndTheNextWhenItLeaves) {
    Gate gate;
    CountingJob first{1}, second{2};
    ASSERT_TRUE(gate.try_enter());
    ASSERT_EQ(gate.enter(first), Entry::queued);
    ASSERT_EQ(gate.enter(second), Entry::queued);
    EXPECT_FALSE(gate.try_enter());

    gate.leave();
    EXPECT_EQ(first.grants, 1);
    EXPECT_EQ(second.grants, 0);
    gate.leave();
    EXPECT_EQ(second.grants, 1);
    gate.leave();
    EXPECT_TRUE(gate.try_enter());
}

TEST(Gate, RefusesWhenItsQueueIsFull) {
    Gate gate{1};
    CountingJob first{1}, second{2};
    ASSERT_TRUE(gate.try_enter());
    ASSERT_EQ(gate.enter(first), Entry::queued);

    EXPECT_EQ(gate.enter(second), Entry::full);
    gate.leave();
    gate.leave();
    EXPECT_EQ(gate.enter(second), Entry::entered);
    EXPECT_EQ(second.grants, 0);
}

TEST(Gate, WhileSuspendedLetsOnlyTheSameTreeIn) {
    Gate gate;
    CountingJob other{2}, same{1}, same_again{1};
    ASSERT_TRUE(gate.try_enter());
    ASSERT_EQ(gate.enter(other), Entry::queued);
    gate.suspend(tree(1));
    EXPECT_EQ(other.grants, 0);

    EXPECT_EQ(gate.enter(same), Entry::entered);
    EXPECT_EQ(gate.enter(same_again), Entry::queued); // one of the tree at a time
    gate.leave();
    EXPECT_EQ(same_again.grants, 1);
    gate.leave();
    gate.resume();
    EXPECT_EQ(other.grants, 0);
    gate.leave();
    EXPECT_EQ(other.grants, 1);
}

TEST(Gate, ACallOfTheTreeThatQueuedBeforeIsLetInAtTheSuspension) {
    Gate gate;
    CountingJob other{2}, same{1};
    ASSERT_TRUE(gate.try_enter());
    ASSERT_EQ(gate.enter(other), Entry::queued);
    ASSERT_EQ(gate.enter(same), Entry::queued);

    gate.suspend(tree(1));

    EXPECT_EQ(same.grants, 1);
    EXPECT_EQ(other.grants, 0);
}

TEST(Gate, AWithdrawnJobIsNeverGranted) {
    Gate gate;
    CountingJob job{1};
    ASSERT_TRUE(gate.try_enter());
    ASSERT_EQ(gate.enter(job), Entry::queued);

    EXPECT_TRUE(gate.withdraw(job));
    EXPECT_FALSE(gate.withdraw(job));
    gate.leave();
    EXPECT_EQ(job.grants, 0);
    EXPECT_TRUE(gate.try_enter());
}

TEST(Gate, WaitingEndsAtTheDeadline) {
    Gate gate;
    ASSERT_TRUE(gate.try_enter());
    EXPECT_EQ(gate.enter_waiting(tree(1), Deadline::in(5ms)), Entry::queued);
    EXPECT_EQ(gate.queued(), 0u);
    gate.leave();
    EXPECT_TRUE(gate.try_enter());
}

TEST(Gate, ManyThreadsAreNeverInsideTogether) {
    Gate gate;
    std::atomic<int> inside = 0;
    std::atomic<int> worst = 0;
    long count = 0; // protected by the gate
    const auto work = [&](std::uint64_t number) {
        for (int i = 0; i < 5'000; ++i) {
            if (!gate.try_enter()) {
                ASSERT_EQ(gate.enter_waiting(tree(number), Deadline::in(60s)), Entry::entered);
            }
            worst = std::max(worst.load(), ++inside);
            ++count;
            if (i % 16 == 0) {
                --inside;
                gate.suspend(tree(number));
                gate.resume();
                ++inside;
            }
            --inside;
            gate.leave();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t number = 1; number <= 4; ++number) threads.emplace_back(work, number);
    }
    EXPECT_EQ(count, 20'000);
    EXPECT_EQ(worst, 1);
    EXPECT_TRUE(gate.try_enter());
}

} // namespace
} // namespace malla
