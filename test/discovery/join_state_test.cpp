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
}

TEST_F(JoinStateTest, ARefusalHindersUntilAnotherOneHasTold) {
    joining.add(LinkId{1}, "tcp://a:1", true);
    joining.add(LinkId{2}, "tcp://b:1", true);
    joining.refused(LinkId{2}, Status{"forbidden"});
    EXPECT_EQ(joining.wait(now()).error().id(), "forbidden");

    joining.answered(LinkId{1});
    joining.settled(LinkId{1});
    EXPECT_TRUE(joining.wait(now()).has_value());
}

TEST_F(JoinStateTest, OneThatTakesNoConnectionIsNotWaitedForWhenAnotherHasTold) {
    joining.add(LinkId{1}, "tcp://a:1", true);
    joining.add(LinkId{2}, "tcp://b:1", true);
    joining.absent(LinkId{2});
    EXPECT_FALSE(joining.wait_decided(now()));
    EXPECT_EQ(joining.wait(now()).error().id(), "endpoint_unreachable");

    joining.settled(LinkId{1});
    EXPECT_TRUE(joining.wait_decided(now()));
    EXPECT_TRUE(joining.wait(now()).has_value());
}

TEST_F(JoinStateTest, OneThatIsSilentIsWaitedForForAShortTimeWhenAnotherHasTold) {
    joining.add(LinkId{1}, "tcp://a:1", true);
    joining.add(LinkId{2}, "tcp://b:1", true);
    const auto told_at = Clock::now();
    joining.settled(LinkId{1});

    EXPECT_FALSE(joining.wait_decided(Deadline{told_at + JoinState::grace / 2}));
    EXPECT_TRUE(joining.wait_decided(Deadline::in(60s)));
    EXPECT_GE(Clock::now(), told_at + JoinState::grace);
    EXPECT_LT(Clock::now(), told_at + 50s);
}

TEST_F(JoinStateTest, ItselfIsNobodyWhoHasTold) {
    joining.add(LinkId{1}, "tcp://a:1", true);
    joining.add(LinkId{2}, "tcp://b:1", true);
    joining.absent(LinkId{2});
    joining.is_itself(LinkId{1});

    EXPECT_FALSE(joining.wait_decided(now()));
    EXPECT_FALSE(joining.wait(now()).has_value());
}

TEST_F(JoinStateTest, EachPlaceSaysWhatHindersThere) {
    joining.add(LinkId{1}, "tcp://a:1", true);
    joining.add(LinkId{2}, "tcp://b:1", false);
    joining.answered(LinkId{1});
    auto places = joining.places();
    ASSERT_EQ(places.size(), 2U);
    EXPECT_FALSE(places[0].hindrance);
    EXPECT_EQ(places[1].hindrance->id(), "endpoint_unreachable");
    EXPECT_TRUE(places[0].named && !places[1].named);

    joining.lost(LinkId{1});
    joining.refused(LinkId{2}, Status{"forbidden"});
    places = joining.places();
    EXPECT_EQ(places[0].hindrance->id(), "endpoint_unreachable");
    EXPECT_EQ(places[1].hindrance->id(), "forbidden");
}

TEST_F(JoinStateTest, WaitingEndsWhenTheLastHasTold) {
    joining.add(LinkId{1}, "tcp://a:1", false);
    std::thread teller{[&] { joining.settled(LinkId{1}); }};
    EXPECT_TRUE(joining.wait_decided(Deadline::in(10s)));
    teller.join();
}

} // namespace
} // namespace malla::discovery
