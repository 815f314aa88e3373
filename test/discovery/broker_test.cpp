// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/broker.hpp"

#include "discovery/mesh.hpp"
#include "discovery/records.hpp"
#include "malla/wire/topic.hpp"

#include <gmock/gmock.h>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using malla::test::BrokerProcess;
using malla::test::eventually;
using malla::test::node_id;
using malla::test::record_of;
using transport::Message;
using transport::Pattern;
using transport::Socket;

Broker::Options at_endpoint(std::string endpoint) {
    Broker::Options options;
    options.endpoints = {std::move(endpoint)};
    return options;
}

TEST(Broker, TheBindIsTheLock) {
    BrokerProcess first{at_endpoint("tcp://127.0.0.1:*")};
    BrokerProcess second{at_endpoint(first.endpoint())};

    ASSERT_TRUE(second.failure);
    EXPECT_EQ(second.failure->id(), "address_in_use");
}

TEST(Broker, NeedsCredentialsBeyondThisMachine) {
    BrokerProcess open{at_endpoint("tcp://0.0.0.0:*")};
    ASSERT_TRUE(open.failure);
    EXPECT_EQ(open.failure->id(), "credentials_required");

    auto options = at_endpoint("tcp://0.0.0.0:*");
    options.insecure = true;
    BrokerProcess insecure{options};
    EXPECT_FALSE(insecure.failure);
}

using Endpoints = std::vector<std::string>;

/// Where this machine reaches what is bound at a loopback address, or at all.
std::string here(const std::string& bound) {
    return bound.starts_with("tcp://127.") ? bound : "tcp://127.0.0.1" + bound.substr(bound.rfind(':'));
}

class BrokerAt : public ::testing::TestWithParam<Endpoints> {};

TEST_P(BrokerAt, ServesAtEachOfItsEndpoints) {
    Broker::Options options;
    options.endpoints = GetParam();
    options.timing = malla::test::fast();
    options.insecure = true;
    BrokerProcess broker{options};
    ASSERT_FALSE(broker.failure);
    MembershipOptions first, second;
    first.brokers = {here(broker.broker->endpoints().at(0))};
    second.brokers = {here(broker.broker->endpoints().at(1))};
    malla::test::Node a{first};
    malla::test::Node b{second};

    EXPECT_TRUE(eventually([&] { return a.sees(b) && b.sees(a); }));
    a.offer("Echo");
    EXPECT_TRUE(eventually([&] { return b.sees_service(a, "Echo"); }));
}

INSTANTIATE_TEST_SUITE_P(, BrokerAt,
                         ::testing::Values(Endpoints{"tcp://127.0.0.1:*", "tcp://127.0.0.2:*"},
                                           Endpoints{"tcp://127.0.0.1:*", "tcp://127.0.0.1:*"},
                                           Endpoints{"tcp://0.0.0.0:*", "tcp://127.0.0.1:*"},
                                           Endpoints{"tcp://127.0.0.1:*", "tcp://*:*"}));

/// A peer without the library's node: it speaks the protocol over bare sockets.
class BarePeer {
public:
    explicit BarePeer(const std::string& broker) : dealer_{*Socket::open(Pattern::dealer)} {
        (void)dealer_->connect(broker);
        wire::Hello hello;
        hello.node = node_id(1);
        hello.cluster = "malla";
        EXPECT_TRUE(eventually([&] { return dealer_->send(wire::encode(hello)) == transport::Sent::sent; }));
        welcome = *wire::decode_welcome(receive());
    }
    void send(std::string_view frame) { (void)dealer_->send(frame); }
    std::string receive() {
        std::vector<Message> messages;
        (void)dealer_->receive(messages, Deadline::in(10s), 1);
        return messages.empty() ? std::string{} : std::string{messages.front().bytes()};
    }

    wire::Welcome welcome;

private:
    std::unique_ptr<Socket> dealer_;
};

TEST(Broker, PublishesTheEventsOfItsMembersToTheirClusterAndNoForgedOnes) {
    BrokerProcess broker{at_endpoint("tcp://127.0.0.1:*")};
    BarePeer peer{broker.endpoint()};
    auto sub = *Socket::open(Pattern::sub);
    ASSERT_TRUE(sub->subscribe("e/"));
    ASSERT_TRUE(sub->connect(peer.welcome.subscribe_endpoint));
    wire::Publish event;
    event.publisher = node_id(1);
    event.topic = "news.today";
    event.body = "hello";
    const std::string own = *wire::encode(event);
    event.publisher = node_id(2);
    const std::string forged = *wire::encode(event);
    event.publisher = node_id(1);
    event.name = "another";
    const std::string misnamed = *wire::encode(event);

    std::set<std::string> heard;
    std::vector<Message> messages;
    EXPECT_TRUE(eventually([&] {
        peer.send(forged);
        peer.send(misnamed);
        peer.send(own);
        messages.clear();
        (void)sub->receive(messages);
        for (const Message& message : messages) heard.emplace(message.bytes());
        return !heard.empty();
    }));
    EXPECT_EQ(heard, std::set<std::string>{wire::published("e/malla/news.today", own)});
    for (int i = 0; i < 2; ++i) {
        const auto refusal = wire::decode_refused(peer.receive());
        ASSERT_TRUE(refusal);
        EXPECT_EQ(refusal->status.id(), "forbidden");
    }
}

} // namespace
} // namespace malla::discovery
