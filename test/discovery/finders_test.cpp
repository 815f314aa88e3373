// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/finders.hpp"

#include "discovery/mesh.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <mutex>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using malla::test::at_leisure;
using malla::test::eventually;
using malla::test::fast;
using malla::test::free_endpoint;
using malla::test::Node;
using ::testing::HasSubstr;

/// What all finders of a test know. They tell it as it changes.
class Registry {
public:
    void name(std::vector<std::string> endpoints) {
        const std::lock_guard lock{mutex_};
        endpoints_ = std::move(endpoints);
        for (auto& [finder, host] : hosts_) host.found(endpoints_);
    }
    void add(const std::string& endpoint) {
        auto endpoints = [&] {
            const std::lock_guard lock{mutex_};
            return endpoints_;
        }();
        endpoints.push_back(endpoint);
        name(endpoints);
    }
    void fail(const Status& status) {
        const std::lock_guard lock{mutex_};
        for (auto& [finder, host] : hosts_) host.failed(status);
    }
    void join(const void* finder, Finder::Host host) {
        const std::lock_guard lock{mutex_};
        if (tells_at_once) host.found(endpoints_);
        hosts_.emplace(finder, std::move(host));
    }
    void leave(const void* finder) {
        const std::lock_guard lock{mutex_};
        hosts_.erase(finder);
        ++left;
    }
    bool is_asked() {
        const std::lock_guard lock{mutex_};
        return !hosts_.empty();
    }

    std::atomic<bool> tells_at_once = true;
    std::atomic<int> left = 0;

private:
    std::mutex mutex_;
    std::map<const void*, Finder::Host> hosts_;
    std::vector<std::string> endpoints_;
};

class Told final : public Finder {
public:
    explicit Told(Registry& registry) : registry_{registry} {}
    void start(Host host) override { registry_.join(this, std::move(host)); }
    void stop(Deadline) noexcept override { registry_.leave(this); }

private:
    Registry& registry_;
};

class FindersTest : public ::testing::Test {
protected:
    FindersTest() {
        set_log_sink([](LogLevel, std::string_view) noexcept {});
    }

    static FinderSource source(Registry& registry, std::string url = "told://all") {
        return {std::move(url), [&registry](std::string_view) -> Result<std::unique_ptr<Finder>> {
                    return std::unique_ptr<Finder>{std::make_unique<Told>(registry)};
                }};
    }
    static MembershipOptions options_with(Registry& registry) {
        MembershipOptions options;
        options.finders = {source(registry)};
        options.timing = fast();
        return options;
    }
    static MembershipOptions only_calling(Registry& registry) {
        auto options = options_with(registry);
        options.hosts = false;
        return options;
    }
    /// A node that is named by the registry from its start on.
    Node& add_node() {
        auto& node = nodes.emplace_back(options_with(registry));
        registry.add(node.endpoint);
        return node;
    }
    static Deadline soon() { return Deadline::in(10s); }

    Registry registry;
    std::deque<Node> nodes;
};

TEST_F(FindersTest, NodesThatAreNamedFindEachOther) {
    auto& a = add_node();
    auto& b = add_node();
    auto& c = add_node();
    const Node caller{only_calling(registry)};

    EXPECT_TRUE(eventually([&] { return a.sees(b) && b.sees(a) && c.sees(a) && a.sees(c) && b.sees(c); }));
    EXPECT_TRUE(eventually([&] { return caller.sees(a) && caller.sees(b) && caller.sees(c); }));
    ASSERT_TRUE(caller.membership->wait_joined(soon()));
    EXPECT_THAT(caller.membership->unreachable(), ::testing::IsEmpty());
}

TEST_F(FindersTest, AFleetOfManyBecomesOneMesh) {
    for (int i = 0; i < 8; ++i) add_node();
    const auto all_see_all = [&] {
        for (const auto& each : nodes)
            for (const auto& other : nodes)
                if (!each.sees(other)) return false;
        return true;
    };
    EXPECT_TRUE(eventually(all_see_all));
}

TEST_F(FindersTest, TheFirstOfAFleetFindsNobodyAndIsReady) {
    registry.name({});
    const Node caller{only_calling(registry)};
    EXPECT_TRUE(caller.membership->wait_joined(soon()));

    auto& first = add_node();
    EXPECT_TRUE(first.membership->wait_joined(soon()));
    EXPECT_TRUE(eventually([&] { return caller.sees(first); }));
}

TEST_F(FindersTest, WaitingForTheMeshWaitsForTheFinderAndThenForWhatItNamed) {
    auto& there = add_node();
    registry.tells_at_once = false;
    const Node caller{only_calling(registry)};
    ASSERT_TRUE(eventually([&] { return registry.is_asked(); }));
    const auto early = caller.membership->wait_joined(Deadline::in(20ms));
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().id(), "endpoint_unreachable");
    EXPECT_THAT(early.error().info(), HasSubstr("told://all"));

    registry.name({there.endpoint});
    ASSERT_TRUE(eventually([&] { return caller.membership->wait_joined(soon()).has_value(); }));
    EXPECT_TRUE(caller.sees(there));
}

TEST_F(FindersTest, TheReasonOfAFailureReachesWhoeverWaitsUntilItIsOver) {
    registry.tells_at_once = false;
    const Node caller{only_calling(registry)};
    ASSERT_TRUE(eventually([&] { return registry.is_asked(); }));
    registry.fail(Status{"endpoint_unreachable"}.set_info("told://all: no such name"));

    const auto refused = caller.membership->wait_joined(soon());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().info(), "told://all: no such name");
    EXPECT_EQ(caller.membership->refusal()->info(), "told://all: no such name");

    registry.name({});
    EXPECT_TRUE(eventually([&] { return !caller.membership->refusal(); }));
    registry.fail(Status{"endpoint_unreachable"});
    add_node();
    ASSERT_TRUE(eventually([&] { return caller.sees(nodes[0]); }));
    EXPECT_FALSE(caller.membership->refusal()) << "what was found still counts";
}

TEST_F(FindersTest, WhenNobodyWhoIsNamedAnswersThatIsSaid) {
    registry.name({free_endpoint()});
    const Node caller{only_calling(registry)};

    const auto alone = caller.membership->wait_joined(soon());
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().id(), "endpoint_unreachable");
    EXPECT_THAT(alone.error().info(), HasSubstr("told://all"));
}

TEST_F(FindersTest, AnotherClusterIsSaidToBeOne) {
    auto& there = add_node();
    const Node stranger{only_calling(registry), "elsewhere"};

    const auto refused = stranger.membership->wait_joined(soon());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().id(), "wrong_cluster");
    EXPECT_FALSE(stranger.sees(there));
}

TEST_F(FindersTest, DeadEndpointsAreFollowedByThoseBehindThem) {
    std::vector<std::string> named;
    for (int i = 0; i < 5; ++i) named.push_back(free_endpoint());
    Node last{options_with(registry)};
    named.push_back(last.endpoint);
    registry.name(named);
    const Node caller{only_calling(registry)};

    EXPECT_TRUE(eventually([&] { return caller.sees(last); }));
    EXPECT_TRUE(eventually([&] { return caller.membership->wait_joined(soon()).has_value(); }));
}

TEST_F(FindersTest, WhoEndsIsReplacedAndWhoComesBackIsFound) {
    auto& a = add_node();
    Node caller{only_calling(registry)};
    ASSERT_TRUE(eventually([&] { return caller.sees(a); }));

    a.die();
    EXPECT_TRUE(eventually([&] { return !caller.sees(a); }, 20s));
    Node again{options_with(registry)};
    registry.name({again.endpoint});
    EXPECT_TRUE(eventually([&] { return caller.sees(again); }));
}

/// From now on; on the thread that tells of them.
void count_the_gone(Node& node, std::atomic<int>& gone) {
    node.loop().run([&] {
        node.membership->directory().observe([&gone](const Change& change) {
            if (change.kind == Change::Kind::gone) ++gone;
        });
        return 0;
    });
}

TEST_F(FindersTest, ARegistryThatForgotEverybodyTakesNoMeshApart) {
    std::atomic<int> gone = 0; // outlives those who count
    auto& a = add_node();
    auto& b = add_node();
    Node caller{only_calling(registry)};
    ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a) && caller.sees(a) && caller.sees(b); }));
    count_the_gone(caller, gone);

    registry.name({});
    a.offer("Echo");
    EXPECT_TRUE(eventually([&] { return caller.sees_service(a, "Echo") && b.sees_service(a, "Echo"); }));
    EXPECT_EQ(gone, 0);
}

TEST_F(FindersTest, ANodeThatIsGivenUpForAnotherPlaceIsNotTakenForDead) {
    std::atomic<int> gone = 0; // outlives those who count
    // All know each other through the fourth, then through three others that come before it.
    std::vector<std::unique_ptr<Node>> fleet;
    std::vector<std::string> endpoints;
    for (int i = 0; i < 6; ++i) {
        fleet.push_back(std::make_unique<Node>(at_leisure(options_with(registry))));
        endpoints.push_back(fleet.back()->endpoint);
    }
    std::ranges::sort(endpoints);
    registry.name({endpoints.back()});
    const auto all_see_all = [&] {
        for (const auto& each : fleet)
            for (const auto& other : fleet)
                if (!each->sees(*other)) return false;
        return true;
    };
    ASSERT_TRUE(eventually(all_see_all));
    for (const auto& each : fleet) count_the_gone(*each, gone);

    registry.name(endpoints);
    // As long as it takes to miss those who no longer beat there.
    const auto until = Clock::now() + 3 * discovery::Timing{}.lease();
    EXPECT_FALSE(eventually([&] { return gone != 0; }, until - Clock::now()));
    EXPECT_TRUE(all_see_all());
    for (auto& each : fleet) each->leave();
}

TEST_F(FindersTest, FindersAndNamedPeersServeTogether) {
    Registry other;
    auto& named = add_node();
    Node peer{options_with(other)};
    auto options = only_calling(registry);
    options.peers = {peer.endpoint, named.endpoint};
    options.finders.push_back(source(other, "told://others"));
    Node third{options_with(other)};
    other.name({third.endpoint});
    const Node caller{options};

    EXPECT_TRUE(eventually([&] { return caller.sees(named) && caller.sees(peer) && caller.sees(third); }));
    EXPECT_TRUE(caller.membership->wait_joined(soon()));
}

TEST_F(FindersTest, EventsReachThoseWhoFoundEachOtherOnceAndThePublisherWhileItIsAlone) {
    auto& a = add_node();
    std::atomic<int> heard_a = 0;
    std::atomic<int> heard_b = 0;
    const auto at_a = a.membership->subscribe("x.*", {}, [&](const ReceivedEvent&) { ++heard_a; });
    ASSERT_TRUE(at_a);
    ASSERT_TRUE((*at_a)->wait_listening(soon()));
    ASSERT_TRUE(a.membership->sender()->publish("x.alone", wire::Content::json, "1"));
    EXPECT_TRUE(eventually([&] { return heard_a == 1; }));

    auto& b = add_node();
    ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a); }));
    ASSERT_TRUE(b.membership->wait_joined(soon()));
    const auto at_b = b.membership->subscribe("x.*", {}, [&](const ReceivedEvent&) { ++heard_b; });
    ASSERT_TRUE((*at_b)->wait_listening(soon()));
    EXPECT_TRUE(eventually([&] {
        EXPECT_TRUE(a.membership->sender()->publish("x.probe", wire::Content::json, "2"));
        return heard_b > 0;
    }));
    const int before = heard_b;
    ASSERT_TRUE(b.membership->sender()->publish("x.last", wire::Content::json, "3"));
    EXPECT_TRUE(eventually([&] { return heard_b > before; }));
}

TEST_F(FindersTest, AFinderIsStoppedByTheGoodbyeAndAWrongUrlIsAnErrorAtOnce) {
    auto& a = add_node();
    ASSERT_TRUE(eventually([&] { return registry.is_asked(); }));
    a.leave();
    EXPECT_EQ(registry.left, 1);
    registry.name({free_endpoint()}); // nobody listens

    MembershipOptions wrong;
    wrong.finders = {{"bad://x", [](std::string_view url) -> Result<std::unique_ptr<Finder>> {
                          return Status{"endpoint_invalid", url};
                      }}};
    transport::Poller poller;
    wire::NodeRecord self;
    self.id = NodeId::random();
    const auto opened = Membership::open(poller, wrong, self, {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().id(), "endpoint_invalid");
}

} // namespace
} // namespace malla::discovery
