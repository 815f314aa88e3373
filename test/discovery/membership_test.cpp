// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/membership.hpp"

#include "discovery/mesh.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using malla::test::at_leisure;
using malla::test::BrokerProcess;
using malla::test::eventually;
using malla::test::fast;
using malla::test::free_endpoint;
using malla::test::Node;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MembershipTest : public ::testing::Test {
protected:
    MembershipTest() {
        set_log_sink([](LogLevel, std::string_view) noexcept {});
    }

    static Broker::Options broker_at(std::string endpoint) {
        Broker::Options options;
        options.endpoints = {std::move(endpoint)};
        options.timing = fast();
        return options;
    }
    static MembershipOptions with_broker(const std::string& endpoint) {
        MembershipOptions options;
        options.brokers = {endpoint};
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
};

using MembershipWithBroker = MembershipTest;
using MembershipWithPeers = MembershipTest;
using MembershipOnLoopback = MembershipTest;

TEST_F(MembershipWithBroker, NodesFindEachOtherAndSeeChangesAndGoodbyes) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    Node a{with_broker(broker.endpoint())};
    Node b{with_broker(broker.endpoint())};
    Node caller{only_calling(with_broker(broker.endpoint()))};
    ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a) && caller.sees(a) && caller.sees(b); }));

    a.offer("Echo");
    EXPECT_TRUE(a.sees_service(a, "Echo"));
    EXPECT_TRUE(eventually([&] { return b.sees_service(a, "Echo") && caller.sees_service(a, "Echo"); }));

    a.leave();
    EXPECT_TRUE(eventually([&] { return !b.sees(a) && !caller.sees(a); }));
    EXPECT_TRUE(b.sees(b));
}

TEST_F(MembershipWithBroker, ItsFirstSnapshotHasEveryone) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    Node a{with_broker(broker.endpoint())};
    ASSERT_TRUE(eventually([&] { return broker.broker->directory().version() != 0; }));
    Node caller{only_calling(with_broker(broker.endpoint()))};

    ASSERT_TRUE(caller.membership->wait_joined(Deadline::in(10s)));
    EXPECT_TRUE(caller.sees(a));
    EXPECT_FALSE(caller.sees(caller));
}

TEST_F(MembershipWithBroker, ADeadNodeIsGoneBeforeItsLeaseEnds) {
    auto slow = broker_at("tcp://127.0.0.1:*");
    slow.timing.missed_beats = 1000;
    BrokerProcess broker{slow};
    Node a{with_broker(broker.endpoint())};
    Node b{with_broker(broker.endpoint())};
    ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a); }));
    a.die();

    EXPECT_TRUE(eventually([&] { return !b.sees(a); }));
}

TEST_F(MembershipWithBroker, ASilentNodeIsGoneAndComesBackWhenItSpeaks) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    Node a{with_broker(broker.endpoint())};
    Node b{with_broker(broker.endpoint())};
    ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a); }));

    std::latch wake{1};
    a.loop().poller.post([&] { wake.wait(); });
    EXPECT_TRUE(eventually([&] { return !b.sees(a); }));
    wake.count_down();
    EXPECT_TRUE(eventually([&] { return b.sees(a); }));
    EXPECT_TRUE(a.sees(b));
}

TEST_F(MembershipWithBroker, KnowsTheOthersWhileTheBrokerIsAwayAndFindsNewOnesWhenItIsBack) {
    std::atomic<int> lost{0}; // outlives those who count
    const std::string endpoint = free_endpoint();
    auto at_usual_pace = broker_at(endpoint);
    at_usual_pace.timing = {};
    auto broker = std::make_unique<BrokerProcess>(at_usual_pace);
    Node a{at_leisure(with_broker(endpoint))};
    Node b{at_leisure(with_broker(endpoint))};
    ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a); }));
    b.loop().run([&] {
        b.membership->directory().observe([&](const Change& change) { lost += change.kind == Change::Kind::gone; });
        return 0;
    });

    broker.reset();
    ASSERT_TRUE(eventually([&] { return b.membership->directory().is_stale(a.id); }));
    EXPECT_TRUE(b.sees(a));
    broker = std::make_unique<BrokerProcess>(at_usual_pace);
    Node c{at_leisure(with_broker(endpoint))};
    EXPECT_TRUE(eventually([&] { return c.sees(a) && c.sees(b) && a.sees(c) && b.sees(c); }));
    EXPECT_TRUE(eventually([&] { return !b.membership->directory().is_stale(a.id); }));
    EXPECT_EQ(lost, 0);
}

TEST_F(MembershipWithBroker, SaysWhoCannotBeReachedAndWhoRefuses) {
    BrokerProcess broker{broker_at("tcp://127.0.0.1:*")};
    const std::string nobody = free_endpoint();
    Node lost{only_calling(with_broker(nobody))};
    Node stranger{only_calling(with_broker(broker.endpoint())), "another"};

    const auto refused = stranger.membership->wait_joined(Deadline::in(10s));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().id(), "wrong_cluster");
    EXPECT_THAT(stranger.membership->unreachable(), IsEmpty());

    const auto unreachable = lost.membership->wait_joined(Deadline::in(50ms));
    ASSERT_FALSE(unreachable);
    EXPECT_EQ(unreachable.error().id(), "endpoint_unreachable");
    EXPECT_THAT(lost.membership->unreachable(), ElementsAre(nobody));
}

TEST_F(MembershipWithPeers, ThoseWhoJoinThroughOneNodeFindEachOther) {
    Node a{with_loopback("")};
    Node b{with_peer(a.endpoint)};
    Node c{with_peer(a.endpoint)};

    EXPECT_TRUE(eventually([&] { return a.sees(b) && a.sees(c) && b.sees(a) && b.sees(c) && c.sees(a) && c.sees(b); }));
    b.offer("Echo");
    EXPECT_TRUE(eventually([&] { return c.sees_service(b, "Echo"); }));
    b.die();
    EXPECT_TRUE(eventually([&] { return !a.sees(b) && !c.sees(b); }));
    EXPECT_TRUE(a.sees(c));
    EXPECT_TRUE(c.sees(a));
}

TEST_F(MembershipWithPeers, NewsPassAlongAChainBothWays) {
    Node a{with_loopback("")};
    Node b{with_peer(a.endpoint)};
    Node c{with_peer(b.endpoint)};
    Node d{with_peer(c.endpoint)};
    ASSERT_TRUE(eventually([&] { return a.sees(d) && d.sees(a) && b.sees(d) && a.sees(c); }));

    d.offer("Echo");
    EXPECT_TRUE(eventually([&] { return a.sees_service(d, "Echo"); }));
    d.leave();
    EXPECT_TRUE(eventually([&] { return !a.sees(d) && !b.sees(d) && !c.sees(d); }));
}

TEST_F(MembershipWithPeers, AGoodbyeIsHeardWhileConnectionsLast) {
    Node a{with_loopback("")};
    Node b{with_peer(a.endpoint)};
    ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a); }));

    a.membership->leave(Deadline::in(5s));
    EXPECT_TRUE(eventually([&] { return !b.sees(a); }));
    EXPECT_TRUE(a.sees(b)); // it has not stopped to listen

    a.membership->leave(Deadline::in(5s));
    a.leave();
    EXPECT_FALSE(b.sees(a));
}

TEST_F(MembershipWithPeers, ACallerSeesAllThatItsPeerKnows) {
    Node a{with_loopback("")};
    Node b{with_peer(a.endpoint)};
    ASSERT_TRUE(eventually([&] { return a.sees(b); }));
    Node caller{only_calling(with_peer(a.endpoint))};

    ASSERT_TRUE(caller.membership->wait_joined(Deadline::in(10s)));
    EXPECT_TRUE(caller.sees(a));
    EXPECT_TRUE(caller.sees(b));
}

TEST_F(MembershipOnLoopback, NodesWithoutConfigurationFindEachOther) {
    const std::string endpoint = free_endpoint();
    Node a{with_loopback(endpoint)};
    Node b{with_loopback(endpoint)};
    Node caller{only_calling(with_loopback(endpoint))};

    EXPECT_TRUE(eventually([&] { return a.sees(b) && b.sees(a) && caller.sees(a) && caller.sees(b); }));
    EXPECT_NE(a.membership->holds_rendezvous(), b.membership->holds_rendezvous());
    EXPECT_FALSE(caller.membership->holds_rendezvous());
}

TEST_F(MembershipOnLoopback, NobodyThereIsAnAnswerForACaller) {
    Node caller{only_calling(with_loopback(free_endpoint()))};

    EXPECT_TRUE(caller.membership->wait_joined(Deadline::in(10s)));
    EXPECT_FALSE(caller.membership->holds_rendezvous());
}

TEST_F(MembershipOnLoopback, WhenTheHolderDiesAnotherTakesItsPlaceAndNobodyElseDisappears) {
    std::atomic<int> lost{0}; // outlives those who count
    const std::string endpoint = free_endpoint();
    Node holder{at_leisure(with_loopback(endpoint))};
    ASSERT_TRUE(eventually([&] { return holder.membership->holds_rendezvous(); }));
    Node a{at_leisure(with_loopback(endpoint))};
    Node b{at_leisure(with_loopback(endpoint))};
    ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a) && a.sees(holder) && b.sees(holder); }));
    for (Node* node : {&a, &b})
        node->loop().run([&, node] {
            node->membership->directory().observe(
                [&](const Change& change) { lost += change.kind == Change::Kind::gone && change.node != holder.id; });
            return 0;
        });

    holder.die();
    Node newcomer{at_leisure(with_loopback(endpoint))};
    Node caller{only_calling(at_leisure(with_loopback(endpoint)))};
    EXPECT_TRUE(eventually(
        [&] { return newcomer.sees(a) && newcomer.sees(b) && caller.sees(a) && caller.sees(b) && a.sees(newcomer); }));
    EXPECT_TRUE(eventually([&] { return !a.sees(holder) && !b.sees(holder); }));
    EXPECT_EQ(lost, 0);
    EXPECT_EQ(a.membership->holds_rendezvous() + b.membership->holds_rendezvous() +
                  newcomer.membership->holds_rendezvous(),
              1);
}

TEST_F(MembershipOnLoopback, WhenTheHolderLeavesItIsGoneAtOnce) {
    const std::string endpoint = free_endpoint();
    Node holder{with_loopback(endpoint)};
    ASSERT_TRUE(eventually([&] { return holder.membership->holds_rendezvous(); }));
    Node a{with_loopback(endpoint)};
    ASSERT_TRUE(eventually([&] { return a.sees(holder); }));
    holder.leave();

    EXPECT_TRUE(eventually([&] { return !a.sees(holder) && a.membership->holds_rendezvous(); }));
}

TEST_F(MembershipOnLoopback, ClustersShareTheEndpointAndNeverMeet) {
    const std::string endpoint = free_endpoint();
    Node a{with_loopback(endpoint)};
    Node b{with_loopback(endpoint)};
    Node x{with_loopback(endpoint), "another"};
    Node y{with_loopback(endpoint), "another"};

    EXPECT_TRUE(eventually([&] { return a.sees(b) && b.sees(a) && x.sees(y) && y.sees(x); }));
    EXPECT_FALSE(a.sees(x) || a.sees(y) || x.sees(a) || x.sees(b));
}

TEST_F(MembershipTest, WillNotPublishBeyondThisMachineWithoutCredentials) {
    malla::test::Loop loop;
    MembershipOptions options = with_loopback("");
    options.publish_bind = "tcp://0.0.0.0:*";
    wire::NodeRecord self;
    self.id = NodeId::random();
    self.cluster = "malla";
    const auto opened = Membership::open(loop.poller, options, self, [](transport::Peer, std::string) {});

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().id(), "credentials_required");
}

} // namespace
} // namespace malla::discovery
