// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/rendezvous.hpp"

#include "discovery/records.hpp"
#include "malla/base/log.hpp"
#include "malla/wire/topic.hpp"

#include <gmock/gmock.h>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using malla::test::announcement;
using malla::test::at;
using malla::test::node_id;
using malla::test::only;
using malla::test::record_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using transport::Peer;

class RendezvousTest : public ::testing::Test {
protected:
    RendezvousTest() {
        set_log_sink([](LogLevel, std::string_view) noexcept {});
    }

    static wire::Welcome welcome() {
        wire::Welcome message;
        message.node = node_id(99);
        message.cluster = "malla";
        message.subscribe_endpoint = "tcp://127.0.0.1:9";
        return message;
    }
    static std::string hello(NodeId id, std::string cluster = "malla") {
        wire::Hello message;
        message.node = id;
        message.name = "some";
        message.cluster = std::move(cluster);
        return wire::encode(message);
    }
    /// A node that said hello and announced itself, by a connection of its own number.
    void join(std::uint8_t number, Clock::time_point now) {
        rendezvous.on_message(Peer{number}, number, hello(node_id(number)), now);
        rendezvous.on_message(Peer{number}, number, announcement(record_of(node_id(number), 1)), now);
    }
    void beat(std::uint8_t number, std::uint64_t sequence, Clock::time_point now) {
        rendezvous.on_message(Peer{number}, number, wire::encode(wire::Beat{node_id(number), sequence}), now);
    }
    bool lists(std::uint8_t number) {
        return directory.read([&](const Directory& each) { return each.sequence_of(node_id(number)); }) != 0;
    }
    std::vector<std::string> sent_to(std::uint8_t number) {
        std::vector<std::string> frames;
        for (const auto& [peer, frame] : sent)
            if (peer == Peer{number}) frames.push_back(frame);
        return frames;
    }

    std::vector<std::pair<Peer, std::string>> sent;
    std::vector<std::string> published;
    std::vector<NodeId> probed;
    SharedDirectory directory;
    Rendezvous rendezvous{welcome(),
                          Timing{},
                          {[this](Peer peer, std::string frame) { sent.emplace_back(peer, std::move(frame)); },
                           [this](std::string frame) {
                               const auto parts = wire::split_published(frame);
                               ASSERT_TRUE(parts);
                               ASSERT_EQ(parts->first, wire::directory_topic("malla"));
                               published.emplace_back(parts->second);
                           },
                           [this](NodeId node) { probed.push_back(node); }},
                          directory};
};

TEST_F(RendezvousTest, WelcomesANodeOfItsCluster) {
    rendezvous.on_message(Peer{1}, 1, hello(node_id(1)), at(0s));

    EXPECT_THAT(only<wire::Welcome>(sent_to(1)), ElementsAre(welcome()));
}

TEST_F(RendezvousTest, RefusesOtherClustersItselfAndThoseWhoDoNotGreet) {
    rendezvous.on_message(Peer{1}, 1, hello(node_id(1), "other"), at(0s));
    rendezvous.on_message(Peer{2}, 2, hello(node_id(99)), at(0s));
    rendezvous.on_message(Peer{3}, 3, announcement(record_of(node_id(3), 1)), at(0s));
    rendezvous.on_message(Peer{4}, 4, "nonsense", at(0s));

    const std::vector<std::pair<std::uint8_t, std::string>> expected{
        {1, "wrong_cluster"}, {2, "conflict"}, {3, "bad_request"}, {4, "bad_request"}};
    for (const auto& [number, id] : expected) {
        const auto refusals = only<wire::Refused>(sent_to(number));
        ASSERT_THAT(refusals, SizeIs(1));
        EXPECT_EQ(refusals.front().status.id(), id);
    }
    EXPECT_FALSE(lists(3));
}

TEST_F(RendezvousTest, RefusesVersionsThatItDoesNotSpeak) {
    wire::Hello message;
    message.node = node_id(1);
    message.cluster = "malla";
    message.min_version = wire::version + 1;
    message.max_version = wire::version + 2;
    rendezvous.on_message(Peer{1}, 1, wire::encode(message), at(0s));

    ASSERT_THAT(only<wire::Refused>(sent_to(1)), SizeIs(1));
    EXPECT_EQ(only<wire::Refused>(sent_to(1)).front().status.id(), "version_unsupported");
}

TEST_F(RendezvousTest, PublishesWhoAnnouncesItselfAndWhatChanges) {
    join(1, at(0s));
    rendezvous.on_message(Peer{1}, 1, announcement(record_of(node_id(1), 2, "Echo")), at(1s));

    EXPECT_THAT(only<wire::Announce>(published), ElementsAre(wire::Announce{record_of(node_id(1), 1)},
                                                             wire::Announce{record_of(node_id(1), 2, "Echo")}));
}

TEST_F(RendezvousTest, RefusesTheRecordOfAnotherNode) {
    join(1, at(0s));
    join(2, at(0s));
    rendezvous.on_message(Peer{1}, 1, announcement(record_of(node_id(2), 9)), at(0s));
    rendezvous.on_message(Peer{1}, 1, announcement(record_of(node_id(3), 1)), at(0s));

    EXPECT_THAT(only<wire::Refused>(sent_to(1)), SizeIs(2));
    EXPECT_THAT(only<wire::Announce>(published), SizeIs(2));
    EXPECT_FALSE(lists(3));
}

TEST_F(RendezvousTest, TakesSilenceOfThreeBeatsForDeathAndNotLess) {
    join(1, at(0s));
    for (auto now = 500ms; now < 1500ms; now += 500ms) rendezvous.tick(at(now));
    EXPECT_TRUE(lists(1));

    rendezvous.tick(at(1500ms));
    EXPECT_FALSE(lists(1));
    ASSERT_THAT(only<wire::Gone>(published), SizeIs(0)); // nobody is left to listen
}

TEST_F(RendezvousTest, NoticesSilenceBetweenTwoBeatsToo) {
    join(1, at(100ms));
    join(2, at(0s));
    for (auto now = 500ms; now < 2000ms; now += 500ms) {
        beat(2, 1, at(now));
        rendezvous.tick(at(now));
    }
    EXPECT_TRUE(lists(1));

    rendezvous.look(at(1599ms));
    EXPECT_TRUE(lists(1));
    const auto digests = only<wire::Digest>(published).size();
    rendezvous.look(at(1600ms));
    EXPECT_FALSE(lists(1));
    EXPECT_THAT(only<wire::Gone>(published), SizeIs(1));
    EXPECT_THAT(only<wire::Digest>(published), SizeIs(digests)); // that is for the beat
}

TEST_F(RendezvousTest, TellsTheOthersWhoFellSilent) {
    join(1, at(0s));
    join(2, at(0s));
    for (auto now = 500ms; now <= 1500ms; now += 500ms) {
        beat(2, 1, at(now));
        rendezvous.tick(at(now));
    }

    ASSERT_THAT(only<wire::Gone>(published), SizeIs(1));
    EXPECT_EQ(only<wire::Gone>(published).front().node, node_id(1));
    EXPECT_THAT(only<wire::Digest>(published), SizeIs(3));
    EXPECT_EQ(only<wire::Digest>(published).back().count, 1u);
}

TEST_F(RendezvousTest, DoesNotBlameOthersForItsOwnPause) {
    join(1, at(0s));
    rendezvous.tick(at(500ms));
    rendezvous.tick(at(60s));
    EXPECT_TRUE(lists(1));

    for (auto now = 60500ms; now <= 61500ms; now += 500ms) rendezvous.tick(at(now));
    EXPECT_FALSE(lists(1));
}

TEST_F(RendezvousTest, ProbesANodeWhoseConnectionBrokeAndListsItNoMoreWhenItIsDead) {
    join(1, at(0s));
    join(2, at(0s));
    rendezvous.on_disconnected(1, at(100ms));
    EXPECT_THAT(probed, ElementsAre(node_id(1)));
    EXPECT_TRUE(lists(1));

    rendezvous.on_probed(node_id(1), false, at(101ms));
    EXPECT_FALSE(lists(1));
    EXPECT_THAT(only<wire::Gone>(published), SizeIs(1));
}

TEST_F(RendezvousTest, KeepsANodeWhoseConnectionBrokeWhileItLivesAndLetsItComeBack) {
    join(1, at(0s));
    rendezvous.on_disconnected(1, at(100ms));
    rendezvous.on_probed(node_id(1), true, at(101ms));
    rendezvous.on_message(Peer{7}, 7, hello(node_id(1)), at(200ms));
    rendezvous.on_message(Peer{7}, 7, announcement(record_of(node_id(1), 1)), at(200ms));
    for (auto now = 500ms; now <= 3s; now += 500ms) {
        rendezvous.on_message(Peer{7}, 7, wire::encode(wire::Beat{node_id(1), 1}), at(now));
        rendezvous.tick(at(now));
    }

    EXPECT_TRUE(lists(1));
    EXPECT_THAT(only<wire::Gone>(published), IsEmpty());
}

TEST_F(RendezvousTest, ProbesANodeAgainWhileItDoesNotComeBack) {
    join(1, at(0s));
    rendezvous.on_disconnected(1, at(100ms));
    rendezvous.on_probed(node_id(1), true, at(101ms)); // its end was under way
    rendezvous.tick(at(500ms));
    ASSERT_THAT(probed, SizeIs(2));
    rendezvous.on_probed(node_id(1), false, at(501ms));

    EXPECT_FALSE(lists(1));
}

TEST_F(RendezvousTest, AMessageReadAfterTheEndOfItsConnectionKeepsNobodyAlive) {
    join(1, at(0s));
    join(2, at(0s));
    rendezvous.on_disconnected(1, at(100ms));
    beat(1, 1, at(100ms)); // it had come before
    rendezvous.on_probed(node_id(1), false, at(101ms));

    EXPECT_FALSE(lists(1));
}

TEST_F(RendezvousTest, DoesNotBelieveAFailedProbeOfANodeThatItHears) {
    join(1, at(0s));
    rendezvous.on_message(Peer{1}, 1, wire::encode(wire::Suspect{node_id(1), 1}), at(0s));
    EXPECT_THAT(probed, ElementsAre(node_id(1)));
    rendezvous.on_probed(node_id(1), false, at(0s));

    EXPECT_TRUE(lists(1));
}

TEST_F(RendezvousTest, NoticesTheEndOfAConnectionWhoseNumberIsUsedAgainBeforeItsEvent) {
    join(1, at(0s));
    rendezvous.on_message(Peer{2}, 1, hello(node_id(2)), at(100ms));
    rendezvous.on_message(Peer{2}, 1, announcement(record_of(node_id(2), 1)), at(100ms));
    EXPECT_THAT(probed, ElementsAre(node_id(1)));

    rendezvous.on_disconnected(1, at(101ms)); // of the first
    EXPECT_THAT(probed, SizeIs(1));
    rendezvous.on_disconnected(1, at(200ms)); // of the second
    EXPECT_THAT(probed, ElementsAre(node_id(1), node_id(2)));
}

TEST_F(RendezvousTest, ACallersGreetingNeitherListsNorUnlistsItsNode) {
    join(1, at(0s));
    rendezvous.on_message(Peer{5}, 5, hello(node_id(1)), at(0s));
    rendezvous.on_disconnected(5, at(10ms));
    for (auto now = 500ms; now <= 2s; now += 500ms) {
        beat(1, 1, at(now));
        rendezvous.tick(at(now));
    }

    EXPECT_TRUE(lists(1));
    EXPECT_THAT(probed, IsEmpty());
}

TEST_F(RendezvousTest, AsksForTheRecordWhenABeatHasAnotherSequence) {
    join(1, at(0s));
    beat(1, 1, at(1s));
    EXPECT_THAT(only<wire::Ask>(sent_to(1)), IsEmpty());

    beat(1, 4, at(1s));
    EXPECT_THAT(only<wire::Ask>(sent_to(1)), ElementsAre(wire::Ask{{node_id(1)}}));
}

TEST_F(RendezvousTest, HasANodeThatWasThoughtDeadAnnounceItselfWithANewerRecord) {
    join(1, at(0s));
    for (auto now = 500ms; now <= 1500ms; now += 500ms) rendezvous.tick(at(now));
    ASSERT_FALSE(lists(1));

    join(1, at(2s));
    EXPECT_FALSE(lists(1));
    EXPECT_THAT(only<wire::Suspect>(sent_to(1)), ElementsAre(wire::Suspect{node_id(1), 1}));
    rendezvous.on_message(Peer{1}, 1, announcement(record_of(node_id(1), 2)), at(2s));
    EXPECT_TRUE(lists(1));
}

TEST_F(RendezvousTest, TellsAtOnceWhoSaysGoodbye) {
    join(1, at(0s));
    join(2, at(0s));
    rendezvous.on_message(Peer{1}, 1, wire::encode(wire::Bye{node_id(2), 1}), at(0s)); // not its own
    EXPECT_TRUE(lists(2));
    rendezvous.on_message(Peer{1}, 1, wire::encode(wire::Bye{node_id(1), 1}), at(0s));

    EXPECT_FALSE(lists(1));
    ASSERT_THAT(only<wire::Gone>(published), SizeIs(1));
    EXPECT_EQ(only<wire::Gone>(published).front().node, node_id(1));
}

TEST_F(RendezvousTest, AnswersForAllForSomeAndForNone) {
    join(1, at(0s));
    join(2, at(0s));
    sent.clear();
    rendezvous.on_message(Peer{1}, 1, wire::encode(wire::Ask{}), at(0s));
    ASSERT_THAT(only<wire::Announce>(sent_to(1)), SizeIs(2));
    EXPECT_THAT(only<wire::SnapshotEnd>(sent_to(1)), SizeIs(1));
    EXPECT_EQ(wire::peek(sent.back().second), wire::Type::snapshot_end);
    sent.clear();

    rendezvous.on_message(Peer{1}, 1, wire::encode(wire::Ask{{node_id(2), node_id(3)}}), at(0s));
    EXPECT_THAT(only<wire::Announce>(sent_to(1)), ElementsAre(wire::Announce{record_of(node_id(2), 1)}));
    EXPECT_THAT(only<wire::Gone>(sent_to(1)), SizeIs(1));

    rendezvous.on_message(Peer{1}, 1, wire::encode(wire::AskListing{}), at(0s));
    ASSERT_THAT(only<wire::Listing>(sent_to(1)), SizeIs(1));
    EXPECT_THAT(only<wire::Listing>(sent_to(1)).front().entries, SizeIs(2));
}

TEST_F(RendezvousTest, ANodeIsAnnouncedOnlyByItsOwnKey) {
    const std::string own(40, 'a');
    const std::string other(40, 'b');
    const auto announcement_with = [](const std::string& key, std::uint64_t sequence) {
        auto record = record_of(node_id(1), sequence);
        record.endpoints = {"tcp://10.0.0.1:1#" + key};
        record.publish_endpoint = "tcp://10.0.0.1:2#" + key;
        return announcement(record);
    };
    const auto listed_key = [&] {
        return directory.read([&](const Directory& each) { return each.find(node_id(1))->endpoints.front().back(); });
    };
    rendezvous.on_message(Peer{1}, 1, hello(node_id(1)), at(0s), own);
    rendezvous.on_message(Peer{1}, 1, announcement_with(other, 1), at(0s), own);
    EXPECT_FALSE(lists(1)) << "where it leads calls is not its own";
    rendezvous.on_message(Peer{1}, 1, announcement_with(own, 1), at(0s), own);
    ASSERT_TRUE(lists(1));

    rendezvous.on_message(Peer{2}, 2, hello(node_id(1)), at(0s), other);
    rendezvous.on_message(Peer{2}, 2, announcement_with(other, 9), at(0s), other);

    EXPECT_EQ(listed_key(), 'a') << "somebody else claimed its id";
    const auto answer = wire::decode(sent_to(2).back());
    ASSERT_TRUE(answer);
    EXPECT_EQ(std::get<wire::Refused>(*answer).status.id(), "forbidden");
}

} // namespace
} // namespace malla::discovery
