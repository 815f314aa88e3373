// SPDX-License-Identifier: Apache-2.0
#include "malla/node/relayed_callers.hpp"

#include "malla/wire/call.hpp"
#include "malla/wire/frame.hpp"
#include "malla/wire/stream.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

using transport::Message;
using transport::Peer;
using transport::Sent;

std::string call(std::uint64_t id, std::size_t bytes = 0) {
    wire::Call message;
    message.id = id;
    message.service = "Echo";
    message.callback = "text";
    const std::string body(bytes, 'b');
    message.body = body;
    return *wire::encode(message);
}

class RelayedCallersTest : public ::testing::Test {
protected:
    RelayedCallersTest() {
        EXPECT_TRUE(link->connect(*broker->bind("tcp://127.0.0.1:*")));
        callers.way_up(1, link);
    }
    std::vector<Message> received() {
        std::vector<Message> read;
        callers.receive(read, 64);
        return read;
    }
    /// What comes to the broker next.
    wire::Relay answered() {
        messages.clear();
        EXPECT_TRUE(test::eventually([&] { return broker->receive(messages, 1) == 1; }));
        return messages.empty() ? wire::Relay{} : *wire::decode_relay(messages.front().bytes());
    }

    std::unique_ptr<transport::Socket> broker = *transport::Socket::open(transport::Pattern::router);
    std::shared_ptr<transport::Socket> link = *transport::Socket::open(transport::Pattern::dealer);
    std::vector<Message> messages;
    int there = 0;
    std::vector<Peer> gone;
    RelayedCallers callers{{[this] { ++there; }, [this](Peer peer) { gone.push_back(peer); }}};
};

TEST_F(RelayedCallersTest, AreReadLikeASocketAndAnsweredOverTheirBroker) {
    callers.take(1, {7, "key", call(3)});
    EXPECT_EQ(there, 1);
    const auto read = received();
    ASSERT_EQ(read.size(), 1U);
    const Peer peer = read.front().peer();
    EXPECT_EQ(read.front().bytes(), call(3));
    EXPECT_EQ(peer, (Peer{7, 1}));
    EXPECT_NE(peer, Peer{7});
    EXPECT_EQ(read.front().connection(), -1);
    EXPECT_EQ(callers.key_of(peer), "key");
    EXPECT_TRUE(received().empty());

    ASSERT_TRUE(test::eventually([&] { return callers.send_to(peer, "answer") == Sent::sent; }));
    const auto relayed = answered();
    EXPECT_EQ(relayed.circuit, 7U);
    EXPECT_EQ(relayed.key, "");
    EXPECT_EQ(relayed.frame, "answer");
}

TEST_F(RelayedCallersTest, AreGoneWithTheirCircuitOrTheirBroker) {
    callers.take(1, {7, "key", call(1)});
    callers.take(1, {8, "key", call(1)});
    callers.end(1, 7);
    EXPECT_EQ(gone, std::vector{(Peer{7, 1})});
    EXPECT_EQ(callers.key_of(Peer{7, 1}), "");
    EXPECT_EQ(callers.send_to(Peer{7, 1}, "answer"), Sent::unreachable);

    callers.way_down(1);
    EXPECT_EQ(gone.back(), (Peer{8, 1}));
    EXPECT_EQ(callers.send_to(Peer{8, 1}, "answer"), Sent::unreachable);
    callers.way_up(2, link);
    EXPECT_EQ(callers.send_to(Peer{8, 1}, "answer"), Sent::unreachable) << "another broker's circuits are others";
}

TEST_F(RelayedCallersTest, GetBusyForCallsBeyondTheLimit) {
    callers.take(1, {7, {}, call(1, RelayedCallers::max_waiting_bytes - 1000)});
    ASSERT_TRUE(test::eventually([&] { return callers.send_to(Peer{7, 1}, "connected") == Sent::sent; }));
    EXPECT_EQ(answered().frame, "connected");
    callers.take(1, {7, {}, call(2, 2000)});

    const auto failure = wire::decode_failure(answered().frame);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->id, 2U);
    EXPECT_EQ(failure->status.id(), "busy");
    EXPECT_EQ(received().size(), 1U);
    callers.take(1, {7, {}, call(3, 2000)});
    EXPECT_EQ(received().size(), 1U);
}

TEST_F(RelayedCallersTest, HaveRoomForCreditWhenThereIsNoneForCalls) {
    callers.take(1, {7, {}, call(1, RelayedCallers::max_waiting_bytes)});
    callers.take(1, {7, {}, wire::encode(wire::Credit{1, 1, 1})});

    EXPECT_EQ(received().size(), 2U);
}

} // namespace
} // namespace malla
