// SPDX-License-Identifier: Apache-2.0
#include "malla/node/answered_calls.hpp"

#include "malla/node/remote.hpp"
#include "malla/transport/socket.hpp"
#include "malla/wire/frame.hpp"
#include "node/connection.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::Connection;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Known = AnsweredCalls::Known;
using transport::Peer;

Clock::time_point at(Clock::duration time) { return Clock::time_point{1000s + time}; }

class Remembered : public ::testing::Test {
protected:
    AnsweredCalls::Entry enter(std::uint64_t number, Clock::time_point now = at(0s), Peer peer = Peer{1}) {
        return calls.enter({origin, number}, 7, peer, now);
    }
    void run(std::uint64_t number, const std::string& answer, Clock::time_point now = at(0s)) {
        ASSERT_EQ(enter(number, now).known, Known::fresh) << number;
        EXPECT_THAT(calls.answered({origin, number}, answer), IsEmpty());
    }

    AnsweredCalls calls;
    NodeId origin = NodeId::random();
};

TEST_F(Remembered, ARepetitionGetsTheAnswer) {
    run(1, "one");

    const auto again = enter(1);

    EXPECT_EQ(again.known, Known::answered);
    EXPECT_EQ(again.frame, "one");
    EXPECT_EQ(calls.enter({NodeId::random(), 1}, 7, Peer{1}, at(0s)).known, Known::fresh); // another's call
}

TEST_F(Remembered, ARepetitionWaitsForTheRunThatIsUnderWay) {
    ASSERT_EQ(enter(1).known, Known::fresh);
    EXPECT_EQ(enter(1, at(0s), Peer{2}).known, Known::running);
    EXPECT_EQ(enter(1, at(0s), Peer{3}).known, Known::running);

    EXPECT_THAT(calls.answered({origin, 1}, "one"), ElementsAre(Peer{2}, Peer{3}));
    EXPECT_EQ(enter(1).frame, "one");
}

TEST_F(Remembered, ACallThatDidNotRunMayComeAgain) {
    ASSERT_EQ(enter(1).known, Known::fresh);
    EXPECT_EQ(enter(1, at(0s), Peer{2}).known, Known::running);

    EXPECT_THAT(calls.not_run({origin, 1}), ElementsAre(Peer{2}));
    EXPECT_EQ(enter(1).known, Known::fresh);
}

TEST_F(Remembered, ADifferentCallDoesNotGetTheAnswer) {
    run(1, "one");

    EXPECT_EQ(calls.enter({origin, 1}, 8, Peer{2}, at(0s)).known, Known::other);
}

TEST_F(Remembered, ALongAnswerIsNotKeptButThatItWasGivenIs) {
    run(1, std::string(AnsweredCalls::max_answer_bytes, 'x'));
    run(2, std::string(AnsweredCalls::max_answer_bytes + 1, 'x'));

    EXPECT_EQ(enter(1).known, Known::answered);
    EXPECT_EQ(enter(2).known, Known::forgotten);
}

TEST_F(Remembered, TheLast4096AreKeptAndAnEarlierIdIsNotRun) {
    for (std::uint64_t number = 2; number <= 4098; ++number) run(number, "x");

    EXPECT_EQ(enter(3).known, Known::answered);
    EXPECT_EQ(enter(2).known, Known::forgotten);
    EXPECT_EQ(enter(1).known, Known::forgotten); // never came, and might be the repetition of one that did
    EXPECT_EQ(enter(4099).known, Known::fresh);
}

TEST_F(Remembered, AreForgottenAfterAMinute) {
    run(1, "one");
    run(2, "two", at(1s));

    EXPECT_EQ(enter(1, at(60s - 1ns)).known, Known::answered);
    EXPECT_EQ(enter(1, at(60s)).known, Known::forgotten);
    EXPECT_EQ(enter(2, at(60s)).known, Known::answered);
}

TEST_F(Remembered, AnswersOf8MebibytesAreKept) {
    const std::string answer(AnsweredCalls::max_answer_bytes, 'x');
    const auto fitting = AnsweredCalls::max_bytes / answer.size();
    for (std::uint64_t number = 1; number <= fitting; ++number) run(number, answer);
    EXPECT_EQ(enter(1).known, Known::answered);

    run(fitting + 1, answer);

    EXPECT_EQ(enter(1).known, Known::forgotten);
    EXPECT_EQ(enter(2).known, Known::answered);
}

TEST_F(Remembered, OneThatRunsIsKeptHoweverLong) {
    ASSERT_EQ(enter(1).known, Known::fresh);
    for (std::uint64_t number = 2; number <= 5'000; ++number) run(number, "x");
    EXPECT_EQ(enter(1, at(120s), Peer{2}).known, Known::running);

    EXPECT_THAT(calls.answered({origin, 1}, "one"), ElementsAre(Peer{2}));
}

TEST_F(Remembered, OfANodeThatCalledTheLongestAgoAreForgottenForMoreThan1024Nodes) {
    run(1, "one");
    for (std::size_t i = 1; i < AnsweredCalls::max_nodes; ++i)
        (void)calls.enter({NodeId::random(), 1}, 7, Peer{1}, at(0s));
    EXPECT_EQ(enter(1).known, Known::answered);

    for (std::size_t i = 0; i < AnsweredCalls::max_nodes; ++i)
        (void)calls.enter({NodeId::random(), 1}, 7, Peer{1}, at(0s));

    EXPECT_EQ(enter(1).known, Known::fresh);
}

TEST_F(Remembered, OneThatRunsIsKeptHoweverManyNodesCall) {
    ASSERT_EQ(enter(1).known, Known::fresh);
    for (std::size_t i = 0; i < 2 * AnsweredCalls::max_nodes; ++i) {
        const RequestId id{NodeId::random(), 1};
        (void)calls.enter(id, 7, Peer{1}, at(0s));
        (void)calls.answered(id, "x");
    }

    EXPECT_EQ(enter(1).known, Known::running);
}

TEST_F(Remembered, APeerThatRepeatsACallManyTimesIsAnsweredOnce) {
    ASSERT_EQ(enter(1).known, Known::fresh);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(enter(1, at(1s), Peer{2}).known, Known::running);

    EXPECT_THAT(calls.answered({origin, 1}, "one"), ElementsAre(Peer{2}));
}

struct Next : Callback<"next()", int()> {
    static constexpr bool idempotent = true;
};
struct Plain : Callback<"plain()", int()> {};
struct CounterApi : Api<"Counter", Next, Plain> {};

struct Counter : Service<CounterApi> {
    static constexpr bool concurrent = true;

    int on(Next) {
        open->wait();
        return ++*runs;
    }
    int on(Plain) { return ++*runs; }

    std::shared_ptr<std::latch> open = std::make_shared<std::latch>(0);
    std::shared_ptr<std::atomic<int>> runs = std::make_shared<std::atomic<int>>(0);
};

class Repetition : public ::testing::Test {
protected:
    Node node{alone()};
    Counter counter;
    NodeId origin = NodeId::random();
};

TEST_F(Repetition, OfAnIdempotentCallOverANewConnectionIsNotRun) {
    node.start(counter);
    {
        Connection first{node};
        first.call("Counter", 1, "next", origin);
        EXPECT_EQ(first.receive(), "1");
    }
    Connection second{node};
    second.call("Counter", 1, "next", origin);
    EXPECT_EQ(second.receive(), "1");
    second.call("Counter", 2, "next", origin);
    EXPECT_EQ(second.receive(), "2");
    second.call("Counter", 1, "next", NodeId::random());
    EXPECT_EQ(second.receive(), "3");
}

TEST_F(Repetition, GetsTheAnswerOfTheRunThatIsUnderWay) {
    counter.open = std::make_shared<std::latch>(1);
    node.start(counter);
    Connection first{node};
    Connection second{node};
    first.call("Counter", 1, "next", origin);
    second.call("Counter", 1, "next", origin);
    second.call("Counter", 2, "plain", origin); // behind it on its way, so that it has come
    EXPECT_EQ(second.receive(), "1");

    counter.open->count_down();

    EXPECT_EQ(first.receive(), "2");
    EXPECT_EQ(second.receive(), "2");
}

TEST_F(Repetition, OfAFailureGetsTheFailure) {
    node.start(counter);
    Connection connection{node};
    connection.call("Counter", 1, "next", origin, "[5]");
    const auto failure = connection.receive();
    connection.call("Counter", 1, "next", origin, "[5]");

    EXPECT_EQ(connection.receive(), failure);
    EXPECT_EQ(*counter.runs, 0);
}

TEST_F(Repetition, ThatDiffersIsRefused) {
    node.start(counter);
    Connection connection{node};
    connection.call("Counter", 1, "next", origin);
    EXPECT_EQ(connection.receive(), "1");
    connection.call("Counter", 1, "next", origin, "{}");

    EXPECT_EQ(connection.receive(), "bad_request");
}

TEST_F(Repetition, OfACallThatIsNotIdempotentRuns) {
    node.start(counter);
    Connection connection{node};
    connection.call("Counter", 1, "plain", origin);
    EXPECT_EQ(connection.receive(), "1");
    connection.call("Counter", 1, "plain", origin);

    EXPECT_EQ(connection.receive(), "2");
}

TEST_F(Repetition, OfACallThatWasRefusedUnrunRuns) {
    auto& live = node.start(counter);
    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::pause));
    Connection connection{node};
    connection.call("Counter", 1, "next", origin);
    EXPECT_EQ(connection.receive(), "paused");
    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::active));
    connection.call("Counter", 1, "next", origin);

    EXPECT_EQ(connection.receive(), "1");
}

} // namespace
} // namespace malla
