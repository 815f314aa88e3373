// SPDX-License-Identifier: Apache-2.0
// A broker that passes on calls, with the nodes and callers around it.
#include "discovery/mesh.hpp"
#include "malla/discovery/relay_sink.hpp"
#include "malla/wire/message.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using malla::test::BrokerProcess;
using malla::test::eventually;
using transport::Message;
using transport::Sent;
using transport::Socket;

/// Answers each call that is passed on to its node with its own body.
class Echoing final : public RelaySink {
public:
    void way_up(std::uint32_t way, std::shared_ptr<Socket> socket) override {
        ++ups;
        EXPECT_NE(way, last_);
        last_ = way;
        socket_ = std::move(socket);
    }
    void way_down(std::uint32_t way) override {
        EXPECT_EQ(way, last_);
        ++downs;
    }
    void take(std::uint32_t way, const wire::Relay& frame) override {
        EXPECT_EQ(way, last_);
        const auto call = wire::decode_call(frame.frame);
        if (!call) return;
        const auto reply = wire::encode(wire::Reply{call->id, call->content, call->body});
        (void)socket_->send(wire::encode(wire::Relay{frame.circuit, {}, reply}));
    }
    void end(std::uint32_t /*way*/, std::uint32_t /*circuit*/) override { ++ended; }

    std::atomic<int> ups = 0;
    std::atomic<int> downs = 0;
    std::atomic<int> ended = 0;

private:
    std::uint32_t last_ = 0;
    std::shared_ptr<Socket> socket_;
};

/// A connection to the broker for calls to one node.
class Caller {
public:
    Caller(const std::string& broker, NodeId origin, NodeId target) {
        EXPECT_TRUE(dealer_->connect(broker));
        EXPECT_TRUE(eventually([&] {
            return dealer_->send(wire::encode(wire::RelayOpen{origin, target})) == Sent::sent;
        }));
    }
    void call(std::string_view body) {
        wire::Call call;
        call.id = 1;
        call.service = "Echo";
        call.callback = "text";
        call.body = body;
        EXPECT_EQ(dealer_->send(*wire::encode(call)), Sent::sent);
    }
    /// The next message that is no PING.
    std::string heard() {
        const auto until = Deadline::in(60s);
        while (!until.passed(Clock::now())) {
            messages_.clear();
            if (dealer_->receive(messages_, until, 1) == 0) continue;
            if (wire::peek(messages_.front().bytes()) != wire::Type::ping)
                return std::string{messages_.front().bytes()};
        }
        return {};
    }

private:
    std::unique_ptr<Socket> dealer_ = *Socket::open(transport::Pattern::dealer);
    std::vector<Message> messages_;
};

class RelayingBroker : public ::testing::Test {
protected:
    static Broker::Options options(bool relays) {
        Broker::Options options;
        options.endpoints = {"tcp://127.0.0.1:*"};
        options.relays = relays;
        return options;
    }
    [[nodiscard]] MembershipOptions at_broker(bool hosts) const {
        MembershipOptions options;
        options.brokers = {broker->endpoint()};
        options.hosts = hosts;
        return options;
    }
    /// Of a host with `sink`, which may be null.
    std::unique_ptr<test::Node> host(RelaySink* sink) {
        auto options = at_broker(true);
        options.relayed = sink;
        auto node = std::make_unique<test::Node>(options);
        EXPECT_TRUE(eventually([&] { return caller.sees(*node); }));
        return node;
    }
    [[nodiscard]] static Status refusal(const std::string& frame) {
        const auto end = wire::decode_relay_end(frame);
        return end ? end->status : Status{"ok"};
    }

    std::optional<BrokerProcess> broker{std::in_place, options(true)};
    test::Node caller{at_broker(false)};
};

TEST_F(RelayingBroker, BringsACallToTheNodeAndItsAnswerBack) {
    Echoing echoing;
    const auto node = host(&echoing);
    Caller calls{broker->endpoint(), caller.id, node->id};
    const std::string body(3'000'000, 'b');
    calls.call(body);
    const std::string frame = calls.heard();
    ASSERT_TRUE(wire::decode_reply(frame));
    EXPECT_EQ(wire::decode_reply(frame)->body, body);
}

TEST_F(RelayingBroker, TellsTheNodeThatACallerIsGone) {
    Echoing echoing;
    const auto node = host(&echoing);
    {
        Caller calls{broker->endpoint(), caller.id, node->id};
        calls.call("b");
        EXPECT_NE(calls.heard(), "");
    }
    EXPECT_TRUE(eventually([&] { return echoing.ended == 1; }));
}

TEST_F(RelayingBroker, TellsTheCallerThatTheNodeIsGoneAndAtEachFurtherCall) {
    Echoing echoing;
    const auto node = host(&echoing);
    Caller calls{broker->endpoint(), caller.id, node->id};
    calls.call("b");
    EXPECT_NE(calls.heard(), "");
    node->die();
    EXPECT_EQ(refusal(calls.heard()).outcome(), Outcome::unknown);
    calls.call("c"); // as of one who missed it
    EXPECT_EQ(refusal(calls.heard()).outcome(), Outcome::unknown);
}

TEST_F(RelayingBroker, PassesOnNothingForWhomHasNotJoinedOrToWhomDoesNotTakeIt) {
    Echoing echoing;
    const auto takes = host(&echoing);
    const auto takes_none = host(nullptr);
    const std::vector<std::pair<NodeId, NodeId>> none{
        {NodeId::random(), takes->id}, {caller.id, takes_none->id}, {caller.id, NodeId::random()}};
    for (const auto& [origin, target] : none) {
        Caller calls{broker->endpoint(), origin, target};
        calls.call("b");
        const Status why = refusal(calls.heard());
        EXPECT_EQ(why.id(), "service_not_available");
        EXPECT_EQ(why.outcome(), Outcome::not_run);
    }
}

TEST_F(RelayingBroker, IsKnownToItsNodesUntilItIsGone) {
    Echoing echoing;
    const auto node = host(&echoing);
    EXPECT_EQ(node->membership->relays(), std::vector{broker->endpoint()});
    EXPECT_TRUE(eventually([&] { return caller.membership->relays().size() == 1; }));
    EXPECT_EQ(echoing.ups, 1);
    broker.reset();
    EXPECT_TRUE(eventually([&] { return node->membership->relays().empty() && echoing.downs == 1; }));
}

TEST_F(RelayingBroker, MayBeToldNotToRelay) {
    BrokerProcess other{options(false)};
    MembershipOptions joining;
    joining.brokers = {other.endpoint()};
    joining.hosts = false;
    test::Node node{joining};
    ASSERT_TRUE(node.membership->wait_joined(Deadline::in(60s)));
    EXPECT_TRUE(node.membership->relays().empty());

    Caller calls{other.endpoint(), node.id, caller.id};
    EXPECT_EQ(refusal(calls.heard()).outcome(), Outcome::not_run);
}

TEST_F(RelayingBroker, IsNotBelievedByNodesThatWereToldOfItAsAPeer) {
    Echoing echoing;
    MembershipOptions joining;
    joining.peers = {broker->endpoint()};
    joining.relayed = &echoing;
    test::Node node{joining};
    ASSERT_TRUE(eventually([&] { return caller.sees(node); }));
    EXPECT_TRUE(node.membership->relays().empty());
    EXPECT_EQ(echoing.ups, 0);
    Caller calls{broker->endpoint(), caller.id, node.id};
    EXPECT_EQ(refusal(calls.heard()).outcome(), Outcome::not_run);
}

} // namespace
} // namespace malla::discovery
