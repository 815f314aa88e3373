// SPDX-License-Identifier: Apache-2.0
// A channel through a broker, whose hand the test plays.
#include "malla/node/channel.hpp"

#include "malla/wire/message.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

using namespace std::chrono_literals;
using transport::Message;

constexpr auto patience = 60s;

std::string call_frame(std::uint64_t id) {
    wire::Call call;
    call.id = id;
    call.service = "Echo";
    call.callback = "text";
    return *wire::encode(call);
}

class RelayedChannelTest : public ::testing::Test {
protected:
    /// The next message at the broker.
    Message next() {
        std::vector<Message> inbox;
        for (const auto deadline = Deadline::in(patience); !deadline.passed(Clock::now());) {
            channel->flush();
            channel->attend();
            if (broker->receive(inbox, Deadline::in(1ms), 1) != 0) return std::move(inbox.front());
        }
        ADD_FAILURE() << "nothing came";
        return {};
    }
    /// The status that an attempt ends with.
    Status end_of(Attempt& attempt) {
        EXPECT_TRUE(channel->wait(attempt, Deadline::in(patience)));
        return attempt.outcome() ? Status{"ok"} : attempt.outcome().error();
    }
    void end_with(transport::Peer peer, const Status& status) {
        ASSERT_EQ(broker->send_to(peer, wire::encode(wire::RelayEnd{0, status})), transport::Sent::sent);
    }

    const NodeId self = NodeId::random();
    const NodeId target = NodeId::random();
    std::unique_ptr<transport::Socket> broker = *transport::Socket::open(transport::Pattern::router);
    const std::string endpoint = *broker->bind("tcp://127.0.0.1:*");
    int ends = 0;
    std::shared_ptr<Channel> channel =
        *Channel::open(endpoint, "host", {}, {}, {}, Channel::Relayed{self, target, endpoint, [this] { ++ends; }});
};

TEST_F(RelayedChannelTest, SaysWhomItIsForBeforeItsFirstCall) {
    EXPECT_EQ(channel->broker(), endpoint);
    Attempt attempt{1, call_frame(1), false};
    channel->submit(attempt);

    EXPECT_EQ(*wire::decode_relay_open(next().bytes()), (wire::RelayOpen{self, target}));
    const Message call = next();
    EXPECT_EQ(wire::decode_call(call.bytes())->id, 1U);
    (void)broker->send_to(call.peer(), wire::encode(wire::Reply{1, wire::Content::json, "5"}));
    EXPECT_EQ(end_of(attempt).id(), "ok");
}

TEST_F(RelayedChannelTest, TellsTheBrokerWhatItHasRead) {
    const Message opened = next();
    (void)broker->send_to(opened.peer(), wire::encode(wire::Ping{77}));

    EXPECT_EQ(*wire::decode_pong(next().bytes()), (wire::Pong{77, self}));
}

TEST_F(RelayedChannelTest, KnowsThatNoCallHasRunWhenTheBrokerDoesNotRelay) {
    Attempt attempt{1, call_frame(1), false};
    channel->submit(attempt);
    const Message opened = next();
    end_with(opened.peer(), Status{"service_not_available"}.set_info("not here"));

    const Status why = end_of(attempt);
    EXPECT_EQ(why.outcome(), Outcome::not_run);
    EXPECT_EQ(why.info(), "not here");
    EXPECT_EQ(ends, 1);
    Attempt late{2, call_frame(2), false};
    channel->submit(late);
    EXPECT_EQ(end_of(late).outcome(), Outcome::not_run);
}

TEST_F(RelayedChannelTest, DoesNotKnowWhetherACallHasRunWhenTheBrokerLosesTheNode) {
    Attempt attempt{1, call_frame(1), false};
    channel->submit(attempt);
    end_with(next().peer(), Status{"peer_lost", "host"});

    EXPECT_EQ(end_of(attempt).outcome(), Outcome::unknown);
    EXPECT_EQ(ends, 1);
}

} // namespace
} // namespace malla
