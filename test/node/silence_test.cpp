// SPDX-License-Identifier: Apache-2.0
#include "malla/node/silence.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace malla {
namespace {

using namespace std::chrono_literals;

class SilenceTest : public ::testing::Test {
protected:
    Silence::Look look(Clock::duration after, bool heard = false, bool awaited = true) {
        return silence.look(Clock::time_point{1h} + after, heard, awaited);
    }
    /// Looks every 100 ms, up to that time and without it.
    void look_on(Clock::duration from, Clock::duration until) {
        for (auto at = from; at < until; at += 100ms) last = look(at);
    }

    Silence silence;
    Silence::Look last;
};

TEST_F(SilenceTest, AsksAfterABeatDoubtsAfterTwoAndGivesUpAfterThree) {
    look_on(0ms, 500ms);
    EXPECT_FALSE(look(499ms).ask);
    EXPECT_TRUE(look(500ms).ask);
    EXPECT_FALSE(look(999ms).ask); // once a beat
    EXPECT_FALSE(last.silent);
    const auto two = look(1000ms);
    EXPECT_TRUE(two.ask && two.silent && !two.lost);
    EXPECT_FALSE(look(1499ms).lost);
    EXPECT_TRUE(look(1500ms).lost);
}

TEST_F(SilenceTest, WhatIsHeardEndsIt) {
    look_on(0ms, 1600ms);
    ASSERT_TRUE(last.lost);

    const auto heard = look(1600ms, true);
    EXPECT_FALSE(heard.ask || heard.silent || heard.lost);
    look_on(1700ms, 2600ms);
    EXPECT_FALSE(last.silent);
    EXPECT_TRUE(look(2600ms).silent);
}

TEST_F(SilenceTest, IsNoneWhileNothingIsAwaited) {
    for (auto at = 0ms; at < 3s; at += 100ms) {
        const auto found = look(at, false, false);
        EXPECT_FALSE(found.ask || found.silent || found.lost);
    }
    EXPECT_FALSE(look(3399ms).ask); // it counts from the last look without anything to wait for
    EXPECT_TRUE(look(3400ms).ask);
}

TEST_F(SilenceTest, IsNotThatOfOthersWhenOneSleptOneself) {
    look_on(0ms, 400ms);

    EXPECT_FALSE(look(5s).silent);
    look_on(5100ms, 6000ms);
    EXPECT_FALSE(last.silent);
    EXPECT_TRUE(look(6s).silent);
}

} // namespace
} // namespace malla
