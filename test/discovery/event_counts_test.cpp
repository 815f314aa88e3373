// SPDX-License-Identifier: Apache-2.0
#include "discovery/records.hpp"
#include "malla/discovery/event_counter.hpp"
#include "malla/discovery/event_gaps.hpp"
#include "malla/discovery/event_inbox.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace malla::discovery {
namespace {

using malla::test::node_id;

// ---- what a publisher counts

TEST(EventCounter, CountsEachTopicFromOne) {
    EventCounter counter;
    EXPECT_EQ(counter.next("a"), (EventCounter::Number{1, 1}));
    EXPECT_EQ(counter.next("b"), (EventCounter::Number{1, 1}));
    EXPECT_EQ(counter.next("a"), (EventCounter::Number{1, 2}));
}

TEST(EventCounter, GivesTheNumberOfWhatWasNotSentAgain) {
    EventCounter counter;
    (void)counter.next("a");
    counter.give_back("a");
    EXPECT_EQ(counter.next("a"), (EventCounter::Number{1, 1}));
}

TEST(EventCounter, BeginsAHigherRunForATopicThatItForgot) {
    EventCounter counter{2};
    (void)counter.next("a");
    (void)counter.next("b");
    (void)counter.next("a");
    EXPECT_EQ(counter.next("c"), (EventCounter::Number{2, 1})); // instead of b
    EXPECT_EQ(counter.next("a"), (EventCounter::Number{1, 3}));
    EXPECT_EQ(counter.next("b"), (EventCounter::Number{3, 1}));
}

// ---- what a listener makes of it

class EventGapsTest : public ::testing::Test {
protected:
    bool take(std::uint64_t sequence, std::uint32_t run = 1) { return gaps.take(node_id(1), "a", run, sequence); }

    EventGaps gaps;
};

TEST_F(EventGapsTest, TheFirstIsTakenAsItComesAndEachGapIsCounted) {
    EXPECT_TRUE(take(41));
    EXPECT_TRUE(take(42));
    EXPECT_EQ(gaps.missed(), 0U);
    EXPECT_TRUE(take(46));
    EXPECT_EQ(gaps.missed(), 3U);
}

TEST_F(EventGapsTest, WhatComesTwiceIsTakenOnce) {
    EXPECT_TRUE(take(1));
    EXPECT_FALSE(take(1));
    EXPECT_TRUE(take(2));
    EXPECT_FALSE(take(1));
    EXPECT_FALSE(take(2));
    EXPECT_EQ(gaps.missed(), 0U);
}

TEST_F(EventGapsTest, WhatComesLateIsNoLongerMissed) {
    EXPECT_TRUE(take(1));
    EXPECT_TRUE(take(4));
    EXPECT_TRUE(take(2));
    EXPECT_FALSE(take(2));
    EXPECT_EQ(gaps.missed(), 1U);
    EXPECT_TRUE(take(3));
    EXPECT_EQ(gaps.missed(), 0U);
    EXPECT_FALSE(take(1));
}

TEST_F(EventGapsTest, OnlyTheLast64AreAwaited) {
    EXPECT_TRUE(take(1));
    EXPECT_TRUE(take(2));
    EXPECT_TRUE(take(70));
    EXPECT_TRUE(take(70 - 64));
    EXPECT_FALSE(take(70 - 65));
    EXPECT_FALSE(take(1));
    EXPECT_EQ(gaps.missed(), 66U);
}

TEST_F(EventGapsTest, AtTheEdgeOfTheWindowTheLastOneIsStillKnown) {
    EXPECT_TRUE(take(1));
    EXPECT_TRUE(take(65)); // one step of 64
    EXPECT_FALSE(take(1));
    EXPECT_TRUE(take(2));
    EXPECT_TRUE(take(66));
    EXPECT_FALSE(take(2));
    EXPECT_FALSE(take(1));
}

TEST_F(EventGapsTest, NothingBeforeTheFirstIsTaken) {
    EXPECT_TRUE(take(5));
    EXPECT_FALSE(take(4));
    EXPECT_EQ(gaps.missed(), 0U);
}

TEST_F(EventGapsTest, AHigherRunBeginsAtOneAndALowerOneIsOver) {
    EXPECT_TRUE(take(9));
    EXPECT_TRUE(take(3, 2));
    EXPECT_EQ(gaps.missed(), 2U);
    EXPECT_FALSE(take(10));
    EXPECT_TRUE(take(1, 2));
    EXPECT_EQ(gaps.missed(), 1U);
}

TEST_F(EventGapsTest, EachPublisherAndTopicIsOnItsOwn) {
    EXPECT_TRUE(take(1));
    EXPECT_TRUE(gaps.take(node_id(2), "a", 1, 7));
    EXPECT_TRUE(gaps.take(node_id(1), "b", 1, 7));
    EXPECT_EQ(gaps.missed(), 0U);
    EXPECT_EQ(gaps.streams(), 3U);
}

TEST(EventGaps, ForgetsTheOneThatIsQuietForTheLongestTime) {
    EventGaps gaps{2};
    EXPECT_TRUE(gaps.take(node_id(1), "a", 1, 1));
    EXPECT_TRUE(gaps.take(node_id(1), "b", 1, 1));
    EXPECT_TRUE(gaps.take(node_id(1), "a", 1, 2));
    EXPECT_TRUE(gaps.take(node_id(1), "c", 1, 1));
    EXPECT_EQ(gaps.streams(), 2U);
    EXPECT_FALSE(gaps.take(node_id(1), "a", 1, 2));
    EXPECT_TRUE(gaps.take(node_id(1), "b", 1, 1)) << "not known any more";
}

// ---- what waits for a listener

class EventInboxTest : public ::testing::Test {
protected:
    void put(EventInbox& inbox, std::string_view body) {
        wire::Publish event;
        event.publisher = node_id(1);
        event.sequence = ++sequence;
        event.topic = "a";
        event.body = body;
        inbox.put(event);
    }
    std::uint64_t sequence = 0;
};

TEST_F(EventInboxTest, KeepsTheFirstAndCountsWhatHasNoRoom) {
    EventInbox inbox{{2, 100}};
    for (const auto* body : {"1", "2", "3", "4"}) put(inbox, body);

    EXPECT_EQ(inbox.dropped(), 2U);
    const auto first = inbox.take();
    EXPECT_EQ(first->body, "1");
    EXPECT_EQ(first->dropped, 2U);
    put(inbox, "5");
    EXPECT_EQ(inbox.take()->body, "2");
    EXPECT_EQ(inbox.take()->body, "5");
    EXPECT_EQ(inbox.dropped(), 2U);
}

TEST_F(EventInboxTest, KeepsSoManyBytesAndOneEventWhateverItsSize) {
    EventInbox inbox{{10, 4}};
    put(inbox, "12345");
    put(inbox, "");
    EXPECT_EQ(inbox.dropped(), 1U);
    EXPECT_EQ(inbox.take()->body, "12345");
    put(inbox, "12");
    put(inbox, "34");
    put(inbox, "5");
    EXPECT_EQ(inbox.dropped(), 2U);
}

TEST_F(EventInboxTest, CountsWhatWasLostOnTheWayToo) {
    EventInbox inbox{{}};
    put(inbox, "1");
    sequence += 5;
    put(inbox, "7");
    EXPECT_EQ(inbox.dropped(), 5U);
}

TEST_F(EventInboxTest, ClosingEndsTheWaitAndWhatIsLeft) {
    EventInbox inbox{{}};
    put(inbox, "1");
    std::thread taker{[&] {
        while (inbox.take()) {
        }
    }};
    inbox.close();
    taker.join();
    put(inbox, "2");
    EXPECT_FALSE(inbox.take());
}

} // namespace
} // namespace malla::discovery
