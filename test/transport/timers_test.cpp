// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/timers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace malla::transport {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point at(Clock::duration since) { return Clock::time_point{} + since; }

class TimersTest : public testing::Test {
protected:
    Timers timers;
    std::string ran;

    Timers::Function note(char mark) {
        return [this, mark] { ran += mark; };
    }
};

TEST_F(TimersTest, RunsOnceWhenDueAndNotBefore) {
    timers.at(at(1s), note('a'));

    timers.run_due(at(1s - 1ns));
    EXPECT_EQ(ran, "");
    timers.run_due(at(1s));
    timers.run_due(at(2s));
    EXPECT_EQ(ran, "a");
    EXPECT_FALSE(timers.next());
}

TEST_F(TimersTest, RunsTheEarliestFirstAndEqualOnesInTheOrderAdded) {
    timers.at(at(3s), note('c'));
    timers.at(at(1s), note('a'));
    timers.at(at(1s), note('b'));

    EXPECT_EQ(timers.next(), at(1s));
    timers.run_due(at(3s));
    EXPECT_EQ(ran, "abc");
}

TEST_F(TimersTest, RepeatsWithoutDriftAndLeavesOutWhatItMissed) {
    timers.every(at(1s), 1s, note('a'));

    timers.run_due(at(1200ms));
    EXPECT_EQ(timers.next(), at(2s));
    timers.run_due(at(5500ms));
    EXPECT_EQ(ran, "aa");
    EXPECT_EQ(timers.next(), at(6s));
}

TEST_F(TimersTest, CancelsBeforeAndFromWithin) {
    const auto never = timers.at(at(1s), note('x'));
    timers.cancel(never);
    TimerId again{};
    again = timers.every(at(1s), 1s, [&] {
        ran += 'a';
        timers.cancel(again);
    });

    timers.run_due(at(1s));
    timers.run_due(at(9s));
    EXPECT_EQ(ran, "a");
    EXPECT_FALSE(timers.next());
}

TEST_F(TimersTest, CancelsOneThatIsDueInTheSameRound) {
    TimerId second{};
    timers.at(at(1s), [&] { timers.cancel(second); });
    second = timers.at(at(2s), note('x'));

    timers.run_due(at(3s));
    EXPECT_EQ(ran, "");
}

TEST_F(TimersTest, WhatATimerAddsWaitsForTheNextRound) {
    timers.at(at(1s), [&] { timers.at(at(1s), note('b')); });

    timers.run_due(at(1s));
    EXPECT_EQ(ran, "");
    timers.run_due(at(1s));
    EXPECT_EQ(ran, "b");
}

} // namespace
} // namespace malla::transport
