// SPDX-License-Identifier: Apache-2.0
#include "malla/service/events.hpp"

#include "malla/node/remote.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <mutex>
#include <string>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using malla::test::eventually;
using test::alone;
using test::joined_to;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Place : Callback<"place(id, customer)", void(int, std::string)> {};
struct OrdersApi : Api<"Orders", Place> {};

/// Keeps names out of events, and events of tests out of the mesh.
struct Discretion : Plugin {
    using Callbacks = malla::Callbacks<HandleEvent>;

    Flow<HandleEvent> on(HandleEvent, const Event& event) {
        const Json* customer = event.payload.find("customer");
        if (!customer) return cont;
        if (*customer == Json{"test"}) return std::nullopt;
        Event changed = event;
        changed.payload.set("customer", "hidden");
        return cont_with(std::move(changed));
    }
};

struct Orders : Service<OrdersApi> {
    using Plugins = malla::Plugins<>;

    Result<void> start(const Starting&) {
        const auto told = emit("orders.opened", Json::object());
        return told ? Result<void>{} : told.error();
    }
    Result<void> on(Place, int id, std::string customer) {
        const auto told = emit("orders.created", Json::object({{"id", id}, {"customer", customer}}));
        return told ? Result<void>{} : told.error();
    }
};

/// A subscription and what it got: "TOPIC VALUE".
class Heard {
public:
    Heard(Node& node, std::string_view pattern, std::string_view member = {})
        : subscription{*node.subscribe(pattern, [this, member = std::string{member}](const Published& event) {
              const Json* value = member.empty() ? &event.value : event.value.find(member);
              const std::lock_guard lock{mutex_};
              got_.push_back(event.topic + ' ' + (value ? *value->dump() : "-"));
              last_ = event;
          })} {}

    [[nodiscard]] bool listens() const { return subscription.wait_listening(Deadline::in(10s)).has_value(); }
    [[nodiscard]] std::vector<std::string> got() const {
        const std::lock_guard lock{mutex_};
        return got_;
    }
    [[nodiscard]] bool gets(std::size_t count) const {
        return eventually([&] { return got().size() >= count; });
    }
    [[nodiscard]] Published last() const {
        const std::lock_guard lock{mutex_};
        return last_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> got_;
    Published last_;

public:
    Subscription subscription; // last: it ends before what its handler uses
};

class NodeEvents : public ::testing::Test {
protected:
    Node server{alone("server")};
    Node client{[this] {
        NodeOptions options = joined_to(server, "client");
        options.hosts = false;
        return options;
    }()};
};

TEST_F(NodeEvents, CarryAnyValueWithTopicAndPublisher) {
    Heard heard{server, ">"};
    ASSERT_TRUE(client.wait_for_mesh(Deadline::in(10s)) && heard.listens());

    ASSERT_TRUE(client.publish("a.b", *Json::parse(R"({"x":[1,null,"ä"]})")));
    ASSERT_TRUE(client.publish("a.c", Json{}));
    ASSERT_TRUE(client.flush_events(Deadline::in(10s)));

    EXPECT_TRUE(heard.gets(2));
    EXPECT_THAT(heard.got(), ElementsAre(R"(a.b {"x":[1,null,"ä"]})", "a.c null"));
    EXPECT_EQ(heard.last().topic, "a.c");
    EXPECT_EQ(heard.last().node, client.id());
    EXPECT_EQ(heard.last().node_name, "client");
    EXPECT_EQ(heard.subscription.dropped(), 0U);
}

TEST_F(NodeEvents, ThatCannotBePublishedAreRefused) {
    EXPECT_EQ(server.publish("a..b", 1).error().id(), "parameter_invalid");
    EXPECT_EQ(server.publish("a", std::numeric_limits<double>::quiet_NaN()).error().id(), "syntax_error");
    EXPECT_EQ(server.publish("a", std::string(70'000, 'x')).error().id(), "body_too_large");
    EXPECT_THAT(server.subscribe("a.>.b", [](const Published&) {}).error().info(), HasSubstr("words behind '>'"));
    Node lonely{[] {
        NodeOptions options = alone("lonely");
        options.hosts = false;
        return options;
    }()};
    EXPECT_EQ(lonely.publish("a", 1).error().id(), "service_not_available");
}

TEST_F(NodeEvents, NoLongerComeWhenTheSubscriptionHasEnded) {
    Heard first{server, "a"};
    {
        Heard second{server, "a"};
        ASSERT_TRUE(server.publish("a", 1));
        EXPECT_TRUE(first.gets(1) && second.gets(1));
    }
    ASSERT_TRUE(server.publish("a", 2));
    EXPECT_TRUE(first.gets(2));
}

TEST_F(NodeEvents, OfAServicePassItsChain) {
    server.offer<Discretion>();
    Heard heard{server, "orders.*", "payload"};
    ASSERT_TRUE(heard.listens());
    auto& orders = server.start<Orders>();
    Remote<OrdersApi> remote{client};
    EXPECT_TRUE(heard.gets(1));
    EXPECT_THAT(heard.got(), ElementsAre("orders.opened {}"));

    remote.call<Place>(1, "Ada");
    ASSERT_TRUE(orders.control().add_plugin("Discretion"));
    remote.call<Place>(2, "Ada");
    remote.call<Place>(3, "test");
    ASSERT_TRUE(orders.control().remove_plugin("Discretion"));
    remote.call<Place>(4, "test");

    EXPECT_TRUE(heard.gets(4));
    EXPECT_THAT(heard.got(), ElementsAre("orders.opened {}", R"(orders.created {"id":1,"customer":"Ada"})",
                                         R"(orders.created {"id":2,"customer":"hidden"})",
                                         R"(orders.created {"id":4,"customer":"test"})"));
    const Json last = heard.last().value;
    EXPECT_EQ(last.find("service")->as_string(), "Orders");
    EXPECT_EQ(last.find("class")->as_string(), "orders.created");
    EXPECT_EQ(last.find("metadata")->find("node")->as_string(), "server");
    EXPECT_EQ(last.find("metadata")->find("cluster")->as_string(), "malla");
}

TEST_F(NodeEvents, AreRecognisedAsDuplicatesAcrossTheWholeNode) {
    auto& orders = server.start<Orders>();
    EventOptions options;
    options.check_duplicates = true;

    const auto first = emit(orders, "orders.late", 7, options);
    const auto second = emit(orders, "orders.late", 7, options);

    ASSERT_TRUE(first && *first && second && *second);
    EXPECT_EQ((*second)->uid, (*first)->uid);
    EXPECT_EQ((*second)->count, 2U);
}

TEST_F(NodeEvents, AreForgottenAsTheOptionsOfTheNodeSay) {
    NodeOptions forgetful = alone("forgetful");
    forgetful.max_remembered_events = 1;
    NodeOptions hasty = alone("hasty");
    hasty.event_window = 0s;
    EventOptions options;
    options.check_duplicates = true;
    for (const NodeOptions* each : {&forgetful, &hasty}) {
        Node node{*each};
        auto& orders = node.start<Orders>();
        (void)emit(orders, "a", 1, options);
        (void)emit(orders, "b", 1, options);
        const auto again = emit(orders, "a", 1, options);
        ASSERT_TRUE(again && *again);
        EXPECT_EQ((*again)->count, 1U) << each->name;
    }
}

TEST_F(NodeEvents, OfAServiceThatIsLeftBehindAreRefused) {
    std::shared_ptr<Events> events;
    {
        Node short_lived{alone("short")};
        events = short_lived.start<Orders>().events();
    }
    LiveService<Orders> live;

    EXPECT_EQ(events->emit(live, "a", 1).error().id(), "service_not_available");
}

TEST_F(NodeEvents, AHandlerMayPublishAndCall) {
    server.start<Orders>();
    Heard created{client, "orders.created", "payload"};
    Remote<OrdersApi> remote{client};
    auto chain = *client.subscribe("wish", [&](const Published& event) {
        (void)client.publish("heard", event.value);
        remote.call<Place>(9, "Ada");
    });
    Heard heard{client, "heard"};
    ASSERT_TRUE(client.wait_for_mesh(Deadline::in(10s)) && created.listens() && heard.listens() &&
                chain.wait_listening(Deadline::in(10s)));

    ASSERT_TRUE(server.publish("wish", 1));

    EXPECT_TRUE(heard.gets(1) && created.gets(1));
    EXPECT_THAT(created.got(), ElementsAre(R"(orders.created {"id":9,"customer":"Ada"})"));
}

} // namespace
} // namespace malla
