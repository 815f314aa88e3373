// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/view.hpp"

#include "discovery/records.hpp"

#include <gmock/gmock.h>

#include <set>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using malla::test::at;
using malla::test::node_id;
using malla::test::only;
using malla::test::record_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr LinkId one{1};
constexpr LinkId two{2};

class ViewTest : public ::testing::Test {
protected:
    void hear(LinkId link, wire::Message message, Clock::time_point now) { view.on_message(link, message, now); }
    /// The rendezvous lets us in and tells that it lists these, all of sequence 1.
    void join(LinkId link, std::initializer_list<std::uint8_t> nodes, Clock::time_point now) {
        view.up(link, broker(), false, now);
        for (const std::uint8_t number : nodes) hear(link, wire::Announce{record_of(node_id(number), 1)}, now);
        hear(link, wire::SnapshotEnd{}, now);
    }
    static wire::Welcome broker() {
        wire::Welcome welcome;
        welcome.node = node_id(90);
        welcome.role = wire::Role::broker;
        return welcome;
    }
    static wire::Welcome peer(std::uint8_t number) {
        wire::Welcome welcome;
        welcome.node = node_id(number);
        return welcome;
    }
    static wire::Digest digest(std::initializer_list<std::uint8_t> nodes) {
        std::vector<wire::Entry> entries;
        for (const std::uint8_t number : nodes) entries.push_back({node_id(number), 1});
        return wire::digest_of(entries);
    }
    bool lists(std::uint8_t number) {
        return directory.read([&](const Directory& each) { return each.sequence_of(node_id(number)); }) != 0;
    }
    void tick_until(Clock::duration from, Clock::duration to) {
        for (auto now = from; now <= to; now += 500ms) view.tick(at(now));
    }

    std::vector<std::string> sent;
    std::vector<NodeId> probed;
    std::vector<std::uint64_t> refuted;
    std::vector<LinkId> announced;
    std::set<NodeId> heard;
    std::vector<NodeId> contradicted;
    SharedDirectory directory;
    View view{node_id(50),
              Timing{},
              {[this](LinkId, std::string frame) { sent.push_back(std::move(frame)); },
               [this](NodeId node) { probed.push_back(node); },
               [this](std::uint64_t above) { refuted.push_back(above); },
               [this](LinkId link) { announced.push_back(link); }, [this](NodeId node) { return heard.contains(node); },
               [this](NodeId node, std::uint64_t) { contradicted.push_back(node); }},
              directory};
};

TEST_F(ViewTest, AsksForASnapshotAndListsIt) {
    view.up(one, broker(), false, at(0s));
    EXPECT_THAT(only<wire::Ask>(sent), ElementsAre(wire::Ask{}));
    EXPECT_FALSE(view.has_snapshot(one));
    hear(one, wire::Announce{record_of(node_id(1), 1)}, at(0s));
    hear(one, wire::SnapshotEnd{}, at(0s));

    EXPECT_TRUE(view.has_snapshot(one));
    EXPECT_TRUE(lists(1));
}

TEST_F(ViewTest, DoesNotAskAgainWhenTheAskWentAhead) {
    view.up(one, broker(), true, at(0s));

    EXPECT_THAT(sent, IsEmpty());
}

TEST_F(ViewTest, ComparesAfterADigestThatDiffersAndAsksForWhatItMissed) {
    join(one, {1}, at(0s));
    hear(one, digest({1}), at(500ms));
    EXPECT_THAT(only<wire::AskListing>(sent), IsEmpty());
    hear(one, digest({1, 2}), at(1s));
    EXPECT_THAT(only<wire::AskListing>(sent), SizeIs(1));
    sent.clear();

    hear(one, wire::Listing{{{node_id(1), 1}, {node_id(2), 1}}}, at(1s));
    EXPECT_THAT(only<wire::Ask>(sent), ElementsAre(wire::Ask{{node_id(2)}}));
}

TEST_F(ViewTest, DropsWhoIsNoLongerListedWhenTheNewsOfItWereLost) {
    join(one, {1, 2}, at(0s));
    hear(one, digest({1}), at(500ms));
    hear(one, wire::Listing{{{node_id(1), 1}}}, at(501ms));

    EXPECT_TRUE(lists(1));
    EXPECT_FALSE(lists(2));
}

TEST_F(ViewTest, AnnouncesItselfAgainWhereItIsNotListed) {
    join(one, {50}, at(0s));
    hear(one, digest({}), at(500ms));
    hear(one, wire::Listing{}, at(501ms));

    EXPECT_THAT(announced, ElementsAre(one));
}

TEST_F(ViewTest, KeepsEveryoneAsStaleWhileTheRendezvousIsAway) {
    join(one, {1}, at(0s));
    EXPECT_FALSE(directory.is_stale(node_id(1)));
    view.down(one, at(1s));
    EXPECT_TRUE(directory.is_stale(node_id(1)));
    tick_until(1s, 10min);

    EXPECT_TRUE(lists(1));
    EXPECT_GE(probed.size(), 100u); // every five seconds
}

TEST_F(ViewTest, DropsAStaleNodeThatCannotBeReached) {
    join(one, {1, 2}, at(0s));
    view.down(one, at(1s));
    tick_until(1s, 2s);
    ASSERT_THAT(probed, ElementsAre(node_id(1), node_id(2)));
    view.on_probed(node_id(1), false, at(2s));
    view.on_probed(node_id(2), true, at(2s));

    EXPECT_FALSE(lists(1));
    EXPECT_TRUE(lists(2));
}

TEST_F(ViewTest, HasANodeSpeakThatItTookForDeadWhenItsRendezvousListsIt) {
    join(one, {1, 2}, at(0s));
    view.down(one, at(1s));
    view.on_probed(node_id(1), false, at(3s));
    ASSERT_FALSE(lists(1));
    sent.clear();
    join(one, {1, 2}, at(5s)); // the partition has healed, and nothing has changed beyond it

    auto suspects = only<wire::Suspect>(sent);
    ASSERT_THAT(suspects, SizeIs(1));
    EXPECT_EQ(suspects.front().node, node_id(1));
    EXPECT_EQ(suspects.front().sequence, 1U);
    hear(one, wire::Announce{record_of(node_id(1), 2)}, at(5100ms));
    EXPECT_TRUE(lists(1));
}

TEST_F(ViewTest, DoesSoWhenOnlyAListingNamesIt) {
    join(one, {1}, at(0s));
    hear(one, wire::Gone{node_id(1), 1, "it fell silent"}, at(1s));
    sent.clear();
    hear(one, wire::Listing{{{node_id(1), 1}}}, at(2s));
    EXPECT_THAT(only<wire::Suspect>(sent), SizeIs(1));

    sent.clear();
    hear(one, wire::Listing{{{node_id(1), 2}}}, at(3s));
    EXPECT_THAT(only<wire::Suspect>(sent), IsEmpty());
    EXPECT_THAT(only<wire::Ask>(sent), SizeIs(1)); // it has said so
}

TEST_F(ViewTest, DoesNotDropANodeThatTheRendezvousHearsWhenOnlyItsOwnProbeFails) {
    join(one, {1}, at(0s));
    view.on_probed(node_id(1), false, at(1s));

    EXPECT_TRUE(lists(1));
}

TEST_F(ViewTest, KeepsThoseWhoComeBackToARendezvousThatForgotAllAndDropsTheOthersAfterALease) {
    join(one, {1, 2}, at(0s));
    view.down(one, at(1s));
    join(one, {}, at(2s));
    hear(one, wire::Announce{record_of(node_id(1), 1)}, at(2200ms));
    hear(one, digest({1}), at(2500ms));
    tick_until(2500ms, 3s);
    EXPECT_TRUE(lists(1));
    EXPECT_TRUE(lists(2));

    tick_until(3500ms, 4s);
    EXPECT_TRUE(lists(1));
    EXPECT_FALSE(lists(2));
}

TEST_F(ViewTest, TriesThoseWhoDidNotComeBackAfterABeat) {
    join(one, {1, 2}, at(0s));
    view.down(one, at(1s));
    join(one, {1}, at(1100ms));
    tick_until(1600ms, 1600ms);

    EXPECT_THAT(probed, ElementsAre(node_id(2)));
}

TEST_F(ViewTest, KeepsANodeThatAnotherRendezvousHears) {
    join(one, {1}, at(0s));
    join(two, {1}, at(0s));
    hear(one, wire::Gone{node_id(1), 1, "silent"}, at(1s));
    EXPECT_TRUE(lists(1));

    hear(two, wire::Gone{node_id(1), 1, "silent"}, at(1s));
    EXPECT_FALSE(lists(1));
}

TEST_F(ViewTest, DoesNotKeepANodeForTheSakeOfAPeerThatMayHaveItFromHere) {
    join(one, {1}, at(0s));
    view.up(two, peer(2), false, at(0s));
    hear(two, wire::Announce{record_of(node_id(1), 1)}, at(0s));
    hear(two, wire::Announce{record_of(node_id(2), 1)}, at(0s));
    hear(one, wire::Gone{node_id(1), 1, "silent"}, at(1s));
    EXPECT_FALSE(lists(1));
    EXPECT_THAT(only<wire::Suspect>(sent), ElementsAre(wire::Suspect{node_id(1), 1}));

    hear(one, wire::Gone{node_id(2), 1, "silent"}, at(1s));
    EXPECT_TRUE(lists(2)); // it is the peer itself
}

TEST_F(ViewTest, TriesANodeThatOneNoLongerListsWhileAPeerDoes) {
    join(one, {1}, at(0s));
    view.up(two, peer(2), false, at(0s));
    hear(two, wire::Announce{record_of(node_id(1), 1)}, at(0s));
    hear(one, digest({}), at(500ms));
    hear(one, wire::Listing{}, at(501ms));
    EXPECT_THAT(probed, ElementsAre(node_id(1)));
    EXPECT_TRUE(lists(1));

    view.on_probed(node_id(1), false, at(502ms));
    EXPECT_FALSE(lists(1));
}

TEST_F(ViewTest, ContradictsTheDeathOfANodeThatItHearsItself) {
    join(one, {1}, at(0s));
    heard.insert(node_id(1));
    hear(one, wire::Gone{node_id(1), 1, "silent"}, at(1s));

    EXPECT_TRUE(lists(1));
    EXPECT_THAT(contradicted, ElementsAre(node_id(1)));
}

TEST_F(ViewTest, IgnoresADeathThatIsOlderThanTheRecord) {
    join(one, {1}, at(0s));
    hear(one, wire::Announce{record_of(node_id(1), 2)}, at(1s));
    hear(one, wire::Gone{node_id(1), 1, "silent"}, at(1s));

    EXPECT_TRUE(lists(1));
}

TEST_F(ViewTest, RefutesItsOwnDeathSuspicionsAndRecordsThatItDidNotWrite) {
    join(one, {}, at(0s));
    hear(one, wire::Gone{node_id(50), 7, "silent"}, at(1s));
    hear(one, wire::Suspect{node_id(50), 8}, at(1s));
    hear(one, wire::Announce{record_of(node_id(50), 9)}, at(1s));
    hear(one, wire::Suspect{node_id(1), 10}, at(1s));

    EXPECT_THAT(refuted, ElementsAre(7, 8, 9));
}

TEST_F(ViewTest, ForgetsThoseOfALinkThatIsNoLongerUsed) {
    join(one, {1, 2, 3}, at(0s));
    join(two, {2}, at(0s));
    view.remove(one, at(1s));
    EXPECT_TRUE(lists(1)) << "it may be about to come to the other place";
    EXPECT_TRUE(lists(3));

    hear(two, wire::Announce{record_of(node_id(3), 9)}, at(1s));
    view.tick(at(1s + Timing{}.lease() - 1ms));
    EXPECT_TRUE(lists(1));
    view.tick(at(1s + Timing{}.lease()));

    EXPECT_FALSE(lists(1));
    EXPECT_TRUE(lists(2));
    EXPECT_TRUE(lists(3));
}

} // namespace
} // namespace malla::discovery
