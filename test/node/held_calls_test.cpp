// SPDX-License-Identifier: Apache-2.0
// Calls that are held back to be sent together.
#include "malla/node/channel.hpp"
#include "malla/node/remote.hpp"
#include "malla/wire/call.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::eventually;
using test::joined_to;
using transport::Message;

constexpr auto patience = 60s;

std::string call_frame(std::uint64_t id, std::size_t body_bytes) {
    wire::Call call;
    call.id = id;
    call.service = "Echo";
    call.callback = "text";
    const std::string body(body_bytes, 'x');
    call.body = body;
    return *wire::encode(call);
}

struct Call : Attempt {
    explicit Call(std::uint64_t id, std::size_t body_bytes = 2, bool one_way = false)
        : Attempt{id, call_frame(id, body_bytes), one_way} {}
};

/// A channel to a ROUTER whose hand the test plays.
class HeldCalls : public ::testing::Test {
protected:
    void SetUp() override {
        Call first{1000};
        channel->submit(first);
        ASSERT_TRUE(eventually([&] {
            channel->flush(); // what a node does when the monitor says that it is connected
            std::vector<Message> inbox;
            return router->receive(inbox) == 1 && (peer = inbox[0].peer(), true);
        }));
        answer(1000);
        ASSERT_TRUE(channel->wait(first, Deadline::in(patience)));
    }
    void TearDown() override { channel->die(); }

    void answer(std::uint64_t id) {
        std::string frame;
        wire::encode_header(frame, wire::Reply{id, wire::Content::json, {}});
        ASSERT_EQ(router->send_to(peer, std::move(frame)), transport::Sent::sent);
    }
    void hold(std::uint64_t id, std::size_t body_bytes = 2) {
        channel->submit(calls.emplace_back(id, body_bytes), true);
    }
    /// The ids of the next calls, 0 for what is none, with + behind those that others came together with.
    std::string receive(std::size_t count) {
        std::string ids;
        std::vector<Message> inbox;
        for (; count != 0 && router->receive(inbox, Deadline::in(patience), 1) == 1; --count) {
            ids += (ids.empty() || ids.back() == '+' ? "" : " ") +
                   std::to_string(wire::peek_id(inbox[0].bytes()).value_or(0)) + (inbox[0].followed() ? "+" : "");
            inbox.clear();
        }
        return ids;
    }

    std::unique_ptr<transport::Socket> router = *transport::Socket::open(transport::Pattern::router);
    std::string endpoint = *router->bind("tcp://127.0.0.1:*");
    Channel::Window window{.max_calls = 100};
    std::shared_ptr<Channel> channel = *Channel::open(endpoint, "server", window);
    transport::Peer peer;
    std::deque<Call> calls;
};

TEST_F(HeldCalls, AreSentTogetherWhenTheirCallerSaysSo) {
    for (std::uint64_t id = 1; id <= 3; ++id) hold(id);
    channel->send_held();
    EXPECT_EQ(receive(3), "1+2+3");
    for (std::uint64_t id = 1; id <= 3; ++id) answer(id);
    for (Call& call : calls) EXPECT_TRUE(channel->wait(call, Deadline::in(patience)) && call.outcome());
}

TEST_F(HeldCalls, AreSentWhenSomebodyWaitsForOneOfThem) {
    hold(1);
    hold(2);
    std::thread caller{[&] { EXPECT_TRUE(channel->wait(calls[1], Deadline::in(patience))); }};
    EXPECT_EQ(receive(2), "1+2");
    answer(2);
    caller.join();
}

TEST_F(HeldCalls, AreSentWithTheNextOneThatIsNotHeld) {
    hold(1);
    channel->submit(calls.emplace_back(2));
    EXPECT_EQ(receive(2), "1+2");
}

TEST_F(HeldCalls, AreSentWhenThereAreMany) {
    for (std::uint64_t id = 1; id <= 64; ++id) hold(id);
    std::string all = "1";
    for (std::uint64_t id = 2; id <= 64; ++id) all += '+' + std::to_string(id);
    EXPECT_EQ(receive(64), all);
}

TEST_F(HeldCalls, GoInSeveralMessagesWhereTheyAreLong) {
    for (std::uint64_t id = 1; id <= 4; ++id) hold(id, id == 3 ? 20'000 : 3'000);
    channel->send_held();
    EXPECT_EQ(receive(4), "1+2 3 4");
}

TEST_F(HeldCalls, WaitForTheirTurnWhereTooManyAreUnderWay) {
    for (std::uint64_t id = 1; id <= 130; ++id) hold(id);
    channel->send_held();
    receive(64);
    EXPECT_EQ(receive(36).substr(0, 6), "65+66+");
    EXPECT_EQ(channel->load(), 130U);
    for (std::uint64_t id = 1; id <= 3; ++id) answer(id);
    ASSERT_TRUE(channel->wait(calls[2], Deadline::in(patience)));
    EXPECT_TRUE(receive(3).starts_with("101"));
}

TEST_F(HeldCalls, ThatAreCancelledKeepNobodyBack) {
    for (std::uint64_t id = 1; id <= 101; ++id) channel->submit(calls.emplace_back(id));
    receive(100);
    hold(102);
    channel->cancel(calls.back());
    EXPECT_TRUE(channel->wait(calls.back(), Deadline::in(patience)));
    EXPECT_EQ(calls.back().outcome().error().id(), "expired");

    answer(1);
    ASSERT_TRUE(channel->wait(calls.front(), Deadline::in(patience)));
    EXPECT_EQ(receive(1), "101");
}

TEST_F(HeldCalls, EndUnsentWhenTheConnectionEnds) {
    hold(1);
    hold(2);
    channel->die();
    for (Call& call : calls) {
        ASSERT_TRUE(channel->wait(call, Deadline::in(patience)));
        EXPECT_EQ(call.outcome().error().id(), "service_not_available");
        EXPECT_FALSE(call.was_sent());
    }
}

struct Double : Callback<"double(x)", std::int64_t(std::int64_t)> {};
struct MathApi : Api<"Math", Double> {};
struct Math : Service<MathApi> {
    std::int64_t on(Double, std::int64_t x) { return 2 * x; }
};

TEST(HeldCallsOfANode, AreAnsweredByAllInstancesWhetherSentByTheirCallerOrWaitedFor) {
    Node client{alone("client")};
    Node one{joined_to(client, "one")};
    Node two{joined_to(client, "two")};
    one.start<Math>();
    two.start<Math>();
    ASSERT_TRUE(eventually([&] { return client.instances_of("Math").size() == 2; }));
    CallOptions options;
    options.held = true;

    for (const bool says_so : {true, false}) {
        std::vector<Future<std::int64_t>> futures;
        for (int i = 0; i < 1001; ++i) futures.push_back(Remote<MathApi>{client}.async<Double>(options, i));
        if (says_so) client.send_held();
        for (int i = 0; i < 1001; ++i) {
            const auto result = futures[static_cast<std::size_t>(i)].get();
            ASSERT_TRUE(result) << result.error().info();
            ASSERT_EQ(*result, 2 * i);
        }
    }
}

} // namespace
} // namespace malla
