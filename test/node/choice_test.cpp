// SPDX-License-Identifier: Apache-2.0
#include "malla/node/choice.hpp"

#include "malla/node/remote.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <latch>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::eventually;
using test::joined_to;
using ::testing::HasSubstr;

std::vector<Instance> nodes(int count) {
    std::vector<Instance> all;
    for (int i = 0; i < count; ++i) all.push_back({NodeId::random(), "node-" + std::to_string(i), "tcp://127.0.0.1:9"});
    return all;
}

std::vector<std::string> names(const std::vector<Instance>& instances) {
    std::vector<std::string> found;
    for (const auto& instance : instances) found.push_back(instance.node_name);
    return found;
}

std::vector<std::string> order(std::vector<Instance> instances, const std::string& key) {
    order_by_key(instances, key);
    return names(instances);
}

TEST(OrderByKey, IsTheSameHoweverTheInstancesCome) {
    auto all = nodes(10);
    const auto before = order(all, "anna");
    std::ranges::shuffle(all, std::mt19937{1});

    EXPECT_EQ(order(all, "anna"), before);
}

TEST(OrderByKey, StaysForTheOthersWhenOneGoes) {
    auto all = nodes(10);
    auto expected = order(all, "anna");
    std::erase(expected, "node-3");
    std::erase_if(all, [](const auto& each) { return each.node_name == "node-3"; });

    EXPECT_EQ(order(all, "anna"), expected);
}

TEST(OrderByKey, GivesEachInstanceItsShareOfTheKeysAndMovesFewWhenOneComes) {
    const auto ten = nodes(10);
    const auto eleven = nodes(11);
    std::map<std::string, int> share;
    int moved = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto key = std::to_string(i);
        const auto before = order(ten, key).front();
        const auto after = order(eleven, key).front();
        ++share[before];
        if (after == before) continue;
        ++moved;
        EXPECT_EQ(after, "node-10");
    }
    ASSERT_EQ(share.size(), 10u);
    for (const auto& [node, keys] : share) EXPECT_NEAR(keys, 1'000, 150) << node;
    EXPECT_NEAR(moved, 10'000 / 11, 150);
}

TEST(OrderByKey, TellsNodesOfOneNameApart) {
    auto all = nodes(2);
    all[0].node_name = all[1].node_name;
    auto turned = std::vector{all[1], all[0]};
    order_by_key(all, "anna");
    order_by_key(turned, "anna");

    EXPECT_EQ(all[0].node, turned[0].node);
}

TEST(PreferLessBusy, PutsTheOneOfTheFirstTwoInFrontThatHasFewerCalls) {
    std::map<std::string, std::size_t> calls{{"node-0", 2}, {"node-1", 1}, {"node-2", 0}};
    const auto own = [&](const Instance& each) { return calls[each.node_name]; };
    auto all = nodes(3);
    prefer_less_busy(all, own);
    EXPECT_EQ(names(all), (std::vector<std::string>{"node-1", "node-0", "node-2"}));

    calls["node-0"] = 1;
    prefer_less_busy(all, own);
    EXPECT_EQ(all.front().node_name, "node-1"); // as busy as the other: stays

    all[0].load = 5;
    prefer_less_busy(all, own);
    EXPECT_EQ(all.front().node_name, "node-0"); // was less busy when it announced itself
}

TEST(PreferLessBusy, LeavesOneAloneAndNone) {
    const auto none = [](const Instance&) -> std::size_t { return 0; };
    std::vector<Instance> all;
    prefer_less_busy(all, none);
    EXPECT_TRUE(all.empty());
    all = nodes(1);
    prefer_less_busy(all, none);
    EXPECT_EQ(all.size(), 1u);
}

struct Where : Callback<"where()", std::string()> {};
struct Stay : Callback<"stay()", std::string()> {};
struct PlaceApi : Api<"Place", Where, Stay> {};

/// Knows where it is, and stays there until its caller no longer waits.
struct Place : Service<PlaceApi> {
    static constexpr bool concurrent = true;

    explicit Place(std::string is_here) : here{std::move(is_here)} {}
    std::string on(Where) { return here; }
    std::string on(Stay) {
        begun->count_down();
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any never;
        never.wait(lock, current_call()->cancelled, [] { return false; });
        return here;
    }

    std::string here;
    std::shared_ptr<std::latch> begun = std::make_shared<std::latch>(1);
};
struct OldPlace : Place {
    using Place::Place;
    static constexpr Version version{1, 4, 0};
};
struct NewPlace : Place {
    using Place::Place;
    static constexpr Version version{2, 0, 1};
};

/// Whether `node` hears of that many instances that take calls.
bool knows(const Node& node, std::ptrdiff_t count) {
    return eventually([&] {
        return std::ranges::count(node.instances_of("Place"), RunningStatus::running, &InstanceView::status) == count;
    });
}

class ThreePlaces : public ::testing::Test {
protected:
    void SetUp() override {
        first.start(Place{"first"});
        second.start(Place{"second"});
        third.start(Place{"third"});
        for (const Node* node : {&first, &second, &third, &client}) ASSERT_TRUE(knows(*node, 3));
    }

    static std::string where(Node& from, const CallOptions& options) {
        return Remote<PlaceApi>{from}.call<Where>(options);
    }

    Node first{alone("first")};
    Node second{joined_to(first, "second")};
    Node third{joined_to(first, "third")};
    Node client{joined_to(first, "client")};
};

TEST_F(ThreePlaces, TakeTheCallsOfOneKeyInOnePlaceWhoeverCalls) {
    std::set<std::string> seen;
    for (int i = 0; i < 30; ++i) {
        CallOptions options;
        options.key = "key " + std::to_string(i);
        const auto place = where(client, options);
        seen.insert(place);
        for (Node* from : {&first, &second, &third, &client}) EXPECT_EQ(where(*from, options), place);
    }
    EXPECT_EQ(seen.size(), 3u);
}

TEST_F(ThreePlaces, TakeTheCallsOfAKeyFromANodeThatHasJustComeWithAnInstanceOfItsOwn) {
    for (int i = 0; i < 10; ++i) {
        CallOptions options;
        options.key = "key " + std::to_string(i);
        Node newcomer{joined_to(first, "newcomer")};
        newcomer.start(Place{"newcomer"});

        const auto at_once = where(newcomer, options);

        ASSERT_TRUE(knows(newcomer, 4));
        EXPECT_EQ(where(newcomer, options), at_once);
    }
}

TEST_F(ThreePlaces, AKeyGoesToTheNextPlaceWhileItsOwnTakesNoCalls) {
    CallOptions options;
    options.key = "anna";
    const auto place = where(client, options);
    Node& owner = place == "first" ? first : place == "second" ? second : third;
    owner.stop();

    const auto next = where(client, options);

    EXPECT_NE(next, place);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(where(client, options), next);
}

TEST_F(ThreePlaces, AnOwnInstanceIsPreferredUnlessTheLeastBusyIsAskedFor) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(where(first, {}), "first");

    CallOptions options;
    options.balance = Balance::least_busy;
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) seen.insert(where(first, options));
    EXPECT_EQ(seen.size(), 3u);
}

TEST(LeastBusy, CallsGoToTheInstanceThatHasFewerOfThem) {
    Node client{alone("client")};
    Node first{joined_to(client, "first")};
    Node second{joined_to(client, "second")};
    Place busy{"first"};
    first.start(busy);
    ASSERT_TRUE(client.wait_for("Place", Deadline::in(10s)));
    auto under_way = Remote<PlaceApi>{client}.async<Stay>();
    busy.begun->wait();
    second.start(Place{"second"});
    ASSERT_TRUE(knows(client, 2));

    CallOptions options;
    options.balance = Balance::least_busy;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(Remote<PlaceApi>{client}.call<Where>(options), "second");
}

class TwoVersions : public ::testing::Test {
protected:
    void SetUp() override {
        old_node.start(OldPlace{"old"});
        new_node.start(NewPlace{"new"});
        for (const Node* node : {&old_node, &client}) ASSERT_TRUE(knows(*node, 2));
    }
    static CallOptions version(VersionRange range) {
        CallOptions options = within(5s);
        options.version = range;
        return options;
    }

    Node old_node{alone("old")};
    Node new_node{joined_to(old_node, "new")};
    Node client{joined_to(old_node, "client")};
};

TEST_F(TwoVersions, ACallGoesToTheVersionThatItAsksFor) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(Remote<PlaceApi>{client}.call<Where>(version(">=1.2 <2")), "old");
        EXPECT_EQ(Remote<PlaceApi>{client}.call<Where>(version("2")), "new");
        EXPECT_EQ(Remote<PlaceApi>{old_node}.call<Where>(version("2")), "new"); // the own one is another version
        EXPECT_EQ(*client.call("Place", "where", "[]", version(*VersionRange::parse("<2"))), "\"old\"");
    }
}

TEST_F(TwoVersions, WithoutTheVersionThatIsAskedForTheErrorSaysWhichThereAre) {
    CallOptions options = version(">=3");
    options.deadline = Deadline::in(200ms);
    const auto result = Remote<PlaceApi>{client}.try_call<Where>(options);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "service_not_available");
    EXPECT_EQ(result.error().outcome(), Outcome::not_run);
    EXPECT_THAT(result.error().info(), HasSubstr(">=3.0.0"));
    EXPECT_THAT(result.error().info(), HasSubstr("1.4.0, 2.0.1"));
    EXPECT_EQ(result.error().data().at("versions"), "1.4.0, 2.0.1");
    EXPECT_TRUE(client.wait_for("Place", Deadline::in(50ms), {}, "2"));
    EXPECT_FALSE(client.wait_for("Place", Deadline::in(50ms), {}, "3"));
}

} // namespace
} // namespace malla
