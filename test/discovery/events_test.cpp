// SPDX-License-Identifier: Apache-2.0
#include "discovery/mesh.hpp"
#include "malla/discovery/membership.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using malla::test::BrokerProcess;
using malla::test::eventually;
using malla::test::fast;
using malla::test::free_endpoint;
using malla::test::Node;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A subscription and what it got: "TOPIC BODY".
class Listener {
public:
    Listener(Node& node, std::string_view pattern, InboxLimits limits = {}) {
        auto made = node.membership->subscribe(pattern, limits, [this](const ReceivedEvent& event) {
            const std::lock_guard lock{mutex_};
            got_.push_back(event.topic + ' ' + event.body);
        });
        subscription = *std::move(made);
    }

    [[nodiscard]] bool listens() const { return subscription->wait_listening(Deadline::in(10s)).has_value(); }
    [[nodiscard]] std::vector<std::string> got() const {
        const std::lock_guard lock{mutex_};
        return got_;
    }
    [[nodiscard]] bool gets(std::size_t count) const {
        return eventually([&] { return got().size() >= count; });
    }

    std::unique_ptr<EventSubscription> subscription;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> got_;
};

class EventsTest : public ::testing::Test {
protected:
    EventsTest() {
        set_log_sink([](LogLevel, std::string_view) noexcept {});
    }

    static Broker::Options broker_at(std::string endpoint) {
        Broker::Options options;
        options.endpoints = {std::move(endpoint)};
        options.timing = fast();
        options.any_cluster = true;
        return options;
    }
    static MembershipOptions with_brokers(std::vector<std::string> endpoints) {
        MembershipOptions options;
        options.brokers = std::move(endpoints);
        options.timing = fast();
        return options;
    }
    static MembershipOptions with_peer(const std::string& endpoint) {
        MembershipOptions options;
        options.peers = {endpoint};
        options.timing = fast();
        return options;
    }
    static MembershipOptions with_loopback(const std::string& endpoint) {
        MembershipOptions options;
        options.loopback = endpoint;
        options.timing = fast();
        return options;
    }
    static MembershipOptions only_calling(MembershipOptions options) {
        options.hosts = false;
        return options;
    }
    static Result<void> publish(Node& node, std::string_view topic, std::string_view body) {
        return node.membership->sender()->publish(topic, wire::Content::json, body);
    }
    static bool joined(Node& node) { return node.membership->wait_joined(Deadline::in(10s)).has_value(); }
};

TEST_F(EventsTest, ReachAllWhoListenThroughABrokerInTheirOrder) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    Node publisher{only_calling(with_brokers({broker.endpoint()}))};
    Node hosting{with_brokers({broker.endpoint()})};
    Node calling{only_calling(with_brokers({broker.endpoint()}))};
    Listener all{hosting, ">"};
    Listener some{calling, "orders.*"};
    Listener own{publisher, "orders.created"};
    ASSERT_TRUE(joined(publisher) && all.listens() && some.listens() && own.listens());

    for (int i = 0; i < 100; ++i) ASSERT_TRUE(publish(publisher, "orders.created", std::to_string(i)));
    ASSERT_TRUE(publish(publisher, "orders.created.eu", "x"));
    ASSERT_TRUE(publish(publisher, "bills.paid", "y"));
    ASSERT_TRUE(publish(publisher, "orders.gone", "z"));

    EXPECT_TRUE(all.gets(103) && some.gets(101) && own.gets(100));
    const auto got = some.got();
    for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(got[i], "orders.created " + std::to_string(i));
    EXPECT_EQ(got[100], "orders.gone z");
    EXPECT_EQ(all.got()[102], "orders.gone z");
    EXPECT_EQ(own.got().size(), 100U);
    EXPECT_EQ(all.subscription->dropped() + some.subscription->dropped(), 0U);
}

TEST_F(EventsTest, ThroughTwoBrokersComeOnceAndSurviveTheEndOfOne) {
    std::optional<BrokerProcess> one{broker_at("tcp://127.0.0.1:*")};
    BrokerProcess other{broker_at("tcp://127.0.0.1:*")};
    Node publisher{with_brokers({one->endpoint(), other.endpoint()})};
    Node node{with_brokers({one->endpoint(), other.endpoint()})};
    Listener listener{node, "a"};
    ASSERT_TRUE(joined(publisher) && joined(node) && listener.listens());

    for (int i = 0; i < 50; ++i) ASSERT_TRUE(publish(publisher, "a", std::to_string(i)));
    EXPECT_TRUE(listener.gets(50));
    one.reset();
    for (int i = 50; i < 100; ++i) ASSERT_TRUE(publish(publisher, "a", std::to_string(i)));

    EXPECT_TRUE(listener.gets(100));
    EXPECT_TRUE(publisher.membership->sender()->flush(Deadline::in(10s)));
    EXPECT_EQ(listener.got().size(), 100U);
    EXPECT_EQ(listener.subscription->dropped(), 0U);
}

TEST_F(EventsTest, TravelThroughTheRendezvousOfOneMachineAndItsSuccessor) {
    const std::string endpoint = free_endpoint();
    auto holder = std::make_unique<Node>(with_loopback(endpoint));
    ASSERT_TRUE(joined(*holder));
    Node second{with_loopback(endpoint)};
    Node command{only_calling(with_loopback(endpoint))};
    Listener listener{second, "news.>"};
    Listener at_holder{*holder, "news.>"};
    ASSERT_TRUE(joined(second) && joined(command) && listener.listens() && at_holder.listens());
    ASSERT_TRUE(publish(command, "news.a", "1"));
    ASSERT_TRUE(publish(*holder, "news.b", "2"));
    EXPECT_TRUE(listener.gets(2) && at_holder.gets(2));

    at_holder.subscription.reset();
    holder->die();
    holder.reset();
    EXPECT_TRUE(eventually([&] { return second.membership->holds_rendezvous(); }));
    EXPECT_TRUE(eventually([&] {
        (void)publish(command, "news.c", "3");
        return listener.got().back() == "news.c 3";
    }));
}

TEST_F(EventsTest, ReachThePeerAndAllWhoJoinedThroughIt) {
    MembershipOptions alone = with_loopback("");
    Node hub{alone};
    Node left{with_peer(hub.endpoint)};
    Node right{only_calling(with_peer(hub.endpoint))};
    Listener at_hub{hub, ">"};
    Listener at_left{left, ">"};
    Listener at_right{right, ">"};
    ASSERT_TRUE(joined(left) && joined(right) && at_hub.listens() && at_left.listens() && at_right.listens());

    ASSERT_TRUE(publish(hub, "a", "hub"));
    ASSERT_TRUE(publish(left, "a", "left"));
    ASSERT_TRUE(publish(right, "a", "right"));

    for (Listener* each : {&at_hub, &at_left, &at_right}) {
        EXPECT_TRUE(each->gets(3));
        EXPECT_THAT(each->got(), ::testing::UnorderedElementsAre("a hub", "a left", "a right"));
        EXPECT_EQ(each->subscription->dropped(), 0U);
    }
}

TEST_F(EventsTest, OfOtherClustersAreNotHeard) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    Node ours{with_brokers({broker.endpoint()}), "a"};
    Node theirs{with_brokers({broker.endpoint()}), "a/b"};
    Listener listener{ours, ">"};
    Listener in_theirs{theirs, ">"};
    ASSERT_TRUE(joined(ours) && joined(theirs) && listener.listens() && in_theirs.listens());

    ASSERT_TRUE(publish(theirs, "c", "theirs"));
    ASSERT_TRUE(publish(theirs, "b/c", "theirs"));
    ASSERT_TRUE(in_theirs.gets(2));
    ASSERT_TRUE(publish(ours, "c", "ours"));

    EXPECT_TRUE(listener.gets(1));
    EXPECT_THAT(listener.got(), ElementsAre("c ours"));
    EXPECT_EQ(in_theirs.got().size(), 2U);
}

TEST_F(EventsTest, ASlowListenerDropsAndCountsAndHoldsUpNobody) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    Node publisher{only_calling(with_brokers({broker.endpoint()}))};
    Node node{with_brokers({broker.endpoint()})};
    std::promise<void> open;
    std::atomic<int> handled = 0;
    auto slow = *node.membership->subscribe("a", {10, 1000}, [&, gate = open.get_future().share()](ReceivedEvent) {
        gate.wait();
        ++handled;
    });
    Listener quick{node, "a"};
    ASSERT_TRUE(joined(publisher) && quick.listens() && slow->wait_listening(Deadline::in(10s)));

    for (int i = 0; i < 500; ++i) ASSERT_TRUE(publish(publisher, "a", "x"));

    EXPECT_TRUE(quick.gets(500));
    EXPECT_TRUE(eventually([&] { return slow->dropped() == 500 - 10 || slow->dropped() == 500 - 11; }));
    const auto dropped = static_cast<int>(slow->dropped());
    open.set_value();
    EXPECT_TRUE(eventually([&] { return handled == 500 - dropped; }));
    EXPECT_EQ(quick.subscription->dropped(), 0U);
}

TEST_F(EventsTest, ThatNobodyTakesAreAnError) {
    const std::string nowhere = free_endpoint();
    Node lonely{only_calling(with_loopback(nowhere))};
    EXPECT_EQ(publish(lonely, "a", "1").error().id(), "service_not_available");
    EXPECT_EQ(publish(lonely, "a", "1").error().outcome(), Outcome::not_run);
    Listener listener{lonely, "a"};
    EXPECT_EQ(listener.subscription->wait_listening(Deadline::in(1ms)).error().id(), "service_not_available");

    auto broker = std::make_unique<BrokerProcess>(broker_at("tcp://127.0.0.1:*"));
    Node left{with_brokers({broker->endpoint()})};
    ASSERT_TRUE(joined(left));
    ASSERT_TRUE(publish(left, "a", "1"));
    broker.reset();
    EXPECT_TRUE(eventually([&] {
        const auto sent = publish(left, "a", "1");
        return !sent && sent.error().id() == "service_not_available";
    }));
}

TEST_F(EventsTest, WhatIsNoTopicPatternOrTooLargeIsRefused) {
    Node node{with_loopback("")};
    EXPECT_THAT(publish(node, "a b", "1").error().info(), HasSubstr("has a space"));
    EXPECT_THAT(publish(node, "a.*", "1").error().info(), HasSubstr("has a wildcard"));
    EXPECT_EQ(publish(node, "a", std::string(wire::max_event_bytes + 1, 'x')).error().id(), "body_too_large");
    EXPECT_TRUE(publish(node, "a", std::string(wire::max_event_bytes, 'x')));
    const auto none = node.membership->subscribe("a..b", {}, [](const ReceivedEvent&) {});
    EXPECT_EQ(none.error().id(), "parameter_invalid");
}

TEST_F(EventsTest, FlushWaitsUntilTheRendezvousHasThem) {
    auto broker = std::make_unique<BrokerProcess>(broker_at("tcp://127.0.0.1:*"));
    Node node{only_calling(with_brokers({broker->endpoint()}))};
    ASSERT_TRUE(joined(node));
    EXPECT_TRUE(node.membership->sender()->flush(Deadline::in(10s))) << "there is nothing to flush";
    ASSERT_TRUE(publish(node, "a", "1"));
    EXPECT_TRUE(node.membership->sender()->flush(Deadline::in(10s)));

    ASSERT_TRUE(publish(node, "a", "2"));
    EXPECT_EQ(node.membership->sender()->flush(Deadline{Clock::now()}).error().outcome(), Outcome::unknown);
    broker.reset();
    const auto flushed = node.membership->sender()->flush(Deadline::in(10s)); // the broker may have been quick enough
    EXPECT_TRUE(flushed || flushed.error().id() == "peer_lost");
}

TEST_F(EventsTest, AHandlerMayEndItsOwnSubscriptionAndThrow) {
    Node node{with_loopback("")};
    std::promise<void> ended;
    std::unique_ptr<EventSubscription> own;
    std::promise<void> made;
    own = *node.membership->subscribe("a", {}, [&, ready = made.get_future().share()](const ReceivedEvent&) {
        ready.wait();
        own.reset();
        ended.set_value();
    });
    made.set_value();
    Listener after{node, "a"};
    std::atomic<int> thrown = 0;
    auto throws = *node.membership->subscribe("a", {}, [&](const ReceivedEvent&) {
        ++thrown;
        throw std::runtime_error{"no"};
    });
    ASSERT_TRUE(publish(node, "a", "1"));
    ASSERT_TRUE(publish(node, "a", "2"));

    ended.get_future().wait();
    EXPECT_TRUE(after.gets(2));
    EXPECT_TRUE(eventually([&] { return thrown == 2; }));
}

TEST_F(EventsTest, ASubscriptionMayEndAfterItsNode) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    auto node = std::make_unique<Node>(with_brokers({broker.endpoint()}));
    Listener listener{*node, "a"};
    ASSERT_TRUE(listener.listens());
    node->leave();
    EXPECT_EQ(publish(*node, "a", "1").error().id(), "service_not_available");
    EXPECT_FALSE(node->membership->subscribe("a", {}, [](const ReceivedEvent&) {}));
    node.reset();
    EXPECT_FALSE(listener.subscription->wait_listening(Deadline::in(10s)));
    EXPECT_THAT(listener.got(), IsEmpty());
}

TEST_F(EventsTest, FromManyThreadsArriveAllAndOnce) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    Node node{with_brokers({broker.endpoint()})};
    Listener listener{node, "t.*"};
    ASSERT_TRUE(joined(node) && listener.listens());

    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 100; ++i)
                while (!publish(node, "t." + std::to_string(t % 2), std::to_string(t * 100 + i))) {
                }
        });
    for (auto& thread : threads) thread.join();

    EXPECT_TRUE(listener.gets(400));
    const auto got = listener.got();
    EXPECT_EQ(std::set<std::string>(got.begin(), got.end()).size(), 400U);
    EXPECT_EQ(listener.subscription->dropped(), 0U);
}

} // namespace
} // namespace malla::discovery
