// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/relay.hpp"

#include "malla/wire/call.hpp"
#include "malla/wire/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>
#include <vector>

namespace malla::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using transport::Peer;
using transport::Sent;

constexpr Peer caller{1};
constexpr Peer host{2};
constexpr int caller_connection = 11;
constexpr int host_connection = 12;
constexpr std::uint32_t first = 41;

class RelayTest : public ::testing::Test {
protected:
    void open(Peer from = caller, int connection = caller_connection, std::string_view key = "key") {
        ASSERT_TRUE(relay.open({from, connection}, {host, host_connection}, key));
    }
    static std::string call(std::uint64_t id, std::size_t bytes = 0) {
        wire::Call message;
        message.id = id;
        message.service = "Echo";
        message.callback = "text";
        const std::string body(bytes, 'b');
        message.body = body;
        return *wire::encode(message);
    }
    static std::string reply(std::uint64_t id, std::size_t bytes = 0) {
        const std::string body(bytes, 'b');
        return wire::encode(wire::Reply{id, wire::Content::json, body});
    }
    /// What was sent to `peer` since it was asked for the last time, but for the PINGs that ask what it has read.
    std::vector<std::string> taken(Peer peer) {
        std::vector<std::string> frames;
        for (auto& [to, frame] : std::exchange(sent, {}))
            if (to != peer) sent.emplace_back(to, frame);
            else if (wire::peek(frame) != wire::Type::ping) frames.push_back(frame);
        return frames;
    }
    /// The newest PING for `peer`.
    std::uint64_t asked(Peer peer) {
        std::uint64_t nonce = 0;
        for (const auto& [to, frame] : sent)
            if (to == peer && wire::peek(frame) == wire::Type::ping) nonce = wire::decode_ping(frame)->nonce;
        return nonce;
    }
    Status failure_for(Peer peer) {
        const auto frames = taken(peer);
        return frames.size() == 1 ? wire::decode_failure(frames.front())->status : Status{"ok"};
    }

    std::vector<std::pair<Peer, std::string>> sent;
    Sent answer = Sent::sent;
    Relay relay{[this](Peer peer, std::string frame) {
                    if (answer == Sent::sent || peer != host) sent.emplace_back(peer, std::move(frame));
                    return peer == host ? answer : Sent::sent;
                },
                first, Relay::Limits{10'000, 3}};
};

TEST_F(RelayTest, PassesOnWhatComesWithTheKeyOfItsSenderAndBackWhatIsAnswered) {
    open();
    relay.from_caller(caller, call(7));
    EXPECT_THAT(taken(host), ElementsAre(wire::encode(wire::Relay{first + 1, "key", call(7)})));

    relay.from_host(host, {first + 1, {}, reply(7)});
    EXPECT_THAT(taken(caller), ElementsAre(reply(7)));
}

TEST_F(RelayTest, PassesOnNothingButWhatBelongsToCalls) {
    open();
    relay.from_caller(caller, wire::encode(wire::Bye{}));
    relay.from_caller(caller, reply(7));
    relay.from_caller(caller, "nonsense");
    relay.from_host(host, {first + 1, {}, call(7)});
    relay.from_host(host, {first + 1, {}, "nonsense"});
    EXPECT_THAT(sent, IsEmpty());

    relay.from_caller(caller, wire::encode(wire::Cancel{7}));
    EXPECT_THAT(taken(host), ElementsAre(wire::encode(wire::Relay{first + 1, "key", wire::encode(wire::Cancel{7})})));
}

TEST_F(RelayTest, BelievesAnAnswerOnlyOfTheHostOfItsCircuit) {
    open();
    relay.from_host(Peer{3}, {first + 1, {}, reply(7)});
    relay.from_host(caller, {first + 1, {}, reply(7)});
    relay.from_host(host, {first + 2, {}, reply(7)});
    EXPECT_THAT(sent, IsEmpty());
}

TEST_F(RelayTest, KeepsCallersOfOneHostApart) {
    open();
    open(Peer{3}, 13, "other");
    relay.from_caller(Peer{3}, call(7));
    EXPECT_THAT(taken(host), ElementsAre(wire::encode(wire::Relay{first + 2, "other", call(7)})));
    relay.from_host(host, {first + 2, {}, reply(7)});
    EXPECT_THAT(taken(Peer{3}), ElementsAre(reply(7)));
    EXPECT_THAT(taken(caller), IsEmpty());
}

TEST_F(RelayTest, RefusesCircuitsBeyondItsLimitAndASecondOneOfAConnection) {
    open();
    EXPECT_EQ(relay.open({caller, caller_connection}, {host, host_connection}, "").error().id(), "bad_request");
    open(Peer{3}, 13);
    open(Peer{4}, 14);
    const auto refused = relay.open({Peer{5}, 15}, {host, host_connection}, "");
    EXPECT_EQ(refused.error().id(), "busy");
    EXPECT_FALSE(relay.carries(Peer{5}));
    EXPECT_TRUE(relay.on_disconnected(14));
    EXPECT_TRUE(relay.open({Peer{5}, 15}, {host, host_connection}, ""));
}

TEST_F(RelayTest, AnswersACallBusyWhileTheHostDoesNotReadWhatItHas) {
    open();
    relay.from_caller(caller, call(1, 9'000));
    relay.from_caller(caller, call(2, 9'000));
    const Status busy = failure_for(caller);
    EXPECT_EQ(busy.id(), "busy");
    EXPECT_EQ(busy.outcome(), Outcome::not_run);

    relay.on_pong(host, asked(host));
    EXPECT_EQ(taken(host).size(), 1U);
    relay.from_caller(caller, call(3, 9'000));
    EXPECT_EQ(taken(host).size(), 1U);
    EXPECT_THAT(taken(caller), IsEmpty());
}

TEST_F(RelayTest, BelievesNoPongForWhatWasNotAsked) {
    open();
    relay.from_caller(caller, call(1, 9'000));
    relay.on_pong(host, asked(host) + 1);
    relay.on_pong(host, 0);
    relay.on_pong(Peer{9}, 1);
    relay.from_caller(caller, call(2, 9'000));
    EXPECT_EQ(failure_for(caller).id(), "busy");
}

TEST_F(RelayTest, EndsACallWhoseAnswerHasNoRoomAndCancelsIt) {
    open();
    relay.from_host(host, {first + 1, {}, reply(1, 9'000)});
    EXPECT_EQ(taken(caller).size(), 1U);
    relay.from_host(host, {first + 1, {}, reply(2, 9'000)});

    const Status lost = failure_for(caller);
    EXPECT_EQ(lost.id(), "peer_lost");
    EXPECT_EQ(lost.outcome(), Outcome::unknown);
    EXPECT_THAT(taken(host), ElementsAre(wire::encode(wire::Relay{first + 1, "key", wire::encode(wire::Cancel{2})})));
}

TEST_F(RelayTest, SaysThatACallDidNotRunWhichTheHostCannotGet) {
    open();
    answer = Sent::too_large;
    relay.from_caller(caller, call(1));
    EXPECT_EQ(failure_for(caller).outcome(), Outcome::not_run);
    EXPECT_TRUE(relay.carries(caller));

    answer = Sent::unreachable;
    relay.from_caller(caller, call(2));
    const auto frames = taken(caller);
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(wire::decode_failure(frames[0])->status.outcome(), Outcome::not_run);
    EXPECT_EQ(wire::decode_relay_end(frames[1])->status.outcome(), Outcome::unknown);
    EXPECT_FALSE(relay.carries(caller));
}

TEST_F(RelayTest, TellsEachEndWhenTheOtherOneIsGone) {
    open();
    open(Peer{3}, 13);
    EXPECT_TRUE(relay.on_disconnected(13));
    const auto told = taken(host);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(wire::decode_relay_end(told.front())->circuit, first + 2);

    EXPECT_FALSE(relay.on_disconnected(host_connection)) << "others keep something about it, too";
    const auto frames = taken(caller);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(wire::decode_relay_end(frames.front())->circuit, 0U);
    EXPECT_THAT(taken(Peer{3}), IsEmpty());
    EXPECT_FALSE(relay.carries(caller));
}

TEST_F(RelayTest, NoticesThatTheNumberOfACallersConnectionIsAnothersBeforeTheEventOfItsEnd) {
    open();
    relay.take_over(caller, caller_connection);
    EXPECT_TRUE(relay.carries(caller));
    relay.take_over(Peer{3}, caller_connection);
    EXPECT_FALSE(relay.carries(caller));
    open(Peer{3}, caller_connection);

    EXPECT_TRUE(relay.on_disconnected(caller_connection)) << "that of the former one";
    EXPECT_TRUE(relay.carries(Peer{3}));
    EXPECT_TRUE(relay.on_disconnected(caller_connection));
    EXPECT_FALSE(relay.carries(Peer{3}));
}

TEST_F(RelayTest, KeepsTheLimitOfAHostWhoseCallersComeAndGo) {
    open();
    relay.from_caller(caller, call(1, 9'000));
    EXPECT_TRUE(relay.on_disconnected(caller_connection));
    open(Peer{3}, 13);
    relay.from_caller(Peer{3}, call(1, 9'000));
    EXPECT_EQ(failure_for(Peer{3}).id(), "busy");
}

} // namespace
} // namespace malla::discovery
