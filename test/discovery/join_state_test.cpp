// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/join_state.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;

class JoinStateTest : public ::testing::Test {
protected:
    static Deadline now() { return Deadline{Clock::now()}; }

    JoinState joining;
};

TEST_F(JoinStateTest, NobodyToHearHasBeenHeard) { EXPECT_TRUE(joining.wait_decided(now())); }

TEST_F(JoinStateTest, ALinkThatAnsweredHasNotToldAllUntilItIsSettled) {
    joining.add(LinkId{1}, "tcp://a:1", true);
    joining.answered(LinkId{1});
    EXPECT_TRUE(joining.wait(now()).has_value());
    EXPECT_FALSE(joining.wait_decided(now()));

    joining.settled(LinkId{1});
    EXPECT_TRUE(joining.wait_decided(now()));
}

TEST_F(JoinStateTest, OneThatRefusesIsNotWaitedFor) {
    joining.add(LinkId{1}, "tcp://a:1", true);
    joining.add(LinkId{2}, "tcp://b:1", true);
    joining.settled(LinkId{1});
    EXPECT_FALSE(joining.wait_decided(now()));

    joining.refused(LinkId{2}, Status{"forbidden"});
    EXPECT_TRUE(joining.wait_decided(now()));
    EXPECT_EQ(joining.wait(now()).error().id(), "forbidden");
}

TEST_F(JoinStateTest, WaitingEndsWhenTheLastHasTold) {
    joining.add(LinkId{1}, "tcp://a:1", false);
    std::thread teller{[&] { joining.settled(LinkId{1}); }};
    EXPECT_TRUE(joining.wait_decided(Deadline::in(10s)));
    teller.join();
}

} // namespace
} // namespace malla::discovery
