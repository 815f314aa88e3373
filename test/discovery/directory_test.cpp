// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Clock::time_point at(Clock::duration since) { return Clock::time_point{} + since; }

NodeId node(std::uint16_t number) {
    NodeId::Bytes bytes{};
    bytes[0] = static_cast<std::uint8_t>(number >> 8);
    bytes[15] = static_cast<std::uint8_t>(number);
    bytes[7] = 1; // never nil
    return NodeId{bytes};
}

wire::ServiceRecord service(std::string name, RunningStatus status = RunningStatus::running) {
    wire::ServiceRecord record;
    record.name = std::move(name);
    record.status = status;
    return record;
}

wire::NodeRecord record(std::uint16_t number, std::uint64_t sequence, std::vector<wire::ServiceRecord> services = {}) {
    wire::NodeRecord result;
    result.id = node(number);
    result.sequence = sequence;
    result.services = std::move(services);
    return result;
}

std::vector<NodeId> nodes_of(const Directory& directory, std::string_view name, NodeId local = {}) {
    std::mt19937_64 random{1};
    std::vector<NodeId> nodes;
    for (const auto* each : directory.nodes_of(name, random, local)) nodes.push_back(each->id);
    return nodes;
}

TEST(Directory, TheHigherSequenceHoldsInWhateverOrderTheyCome) {
    Directory directory;

    EXPECT_EQ(directory.apply(record(1, 5), at(0s)), Applied::added);
    EXPECT_EQ(directory.apply(record(1, 4), at(0s)), Applied::old);
    EXPECT_EQ(directory.sequence_of(node(1)), 5U);
    EXPECT_EQ(directory.apply(record(1, 6), at(0s)), Applied::updated);
    EXPECT_EQ(directory.sequence_of(node(1)), 6U);
    EXPECT_EQ(directory.size(), 1U);
}

TEST(Directory, OneSequenceWithTwoContentsIsAConflictAndTheFirstStays) {
    Directory directory;
    directory.apply(record(1, 5, {service("A")}), at(0s));

    EXPECT_EQ(directory.apply(record(1, 5, {service("A")}), at(0s)), Applied::same);
    EXPECT_EQ(directory.apply(record(1, 5, {service("B")}), at(0s)), Applied::conflict);
    EXPECT_EQ(directory.find(node(1))->services.at(0).name, "A");
}

TEST(Directory, ASequenceOfZeroIsNeverListed) {
    Directory directory;

    EXPECT_EQ(directory.apply(record(1, 0), at(0s)), Applied::old);
    EXPECT_EQ(directory.find(node(1)), nullptr);
    EXPECT_EQ(directory.sequence_of(node(1)), 0U);
}

TEST(Directory, ANodeThatIsGoneComesBackOnlyWithAHigherSequence) {
    Directory directory;
    directory.apply(record(1, 5), at(0s));

    EXPECT_TRUE(directory.remove(node(1), 7, at(0s)));
    EXPECT_EQ(directory.size(), 0U);
    EXPECT_EQ(directory.apply(record(1, 7), at(1s)), Applied::old);
    EXPECT_EQ(directory.apply(record(1, 8), at(1s)), Applied::added);
}

TEST(Directory, WhatIsGoneIsForgottenAfterItsTimeAndNotBefore) {
    Directory directory;
    directory.remove(node(1), 5, at(0s));

    EXPECT_EQ(directory.apply(record(1, 5), at(Directory::tombstone_life - 1ns)), Applied::old);
    EXPECT_EQ(directory.apply(record(1, 5), at(Directory::tombstone_life)), Applied::added);
}

TEST(Directory, AFarewellThatComesFirstKeepsTheRecordOut) {
    Directory directory;

    EXPECT_FALSE(directory.remove(node(1), 4, at(0s)));
    EXPECT_EQ(directory.apply(record(1, 3), at(0s)), Applied::old);
}

TEST(Directory, AnOldFarewellDoesNotRemoveANewRecord) {
    Directory directory;
    directory.apply(record(1, 5), at(0s));

    EXPECT_FALSE(directory.remove(node(1), 4, at(0s)));
    EXPECT_NE(directory.find(node(1)), nullptr);
    EXPECT_TRUE(directory.remove(node(1), 5, at(0s)));
}

TEST(Directory, ASecondAndOlderFarewellDoesNotWeakenTheFirst) {
    Directory directory;
    directory.remove(node(1), 9, at(0s));
    directory.remove(node(1), 2, at(1s));

    EXPECT_EQ(directory.apply(record(1, 8), at(2s)), Applied::old);
}

TEST(Directory, IsFullAtItsLimitAndStillTakesChangesOfThoseInIt) {
    Directory directory{2};
    directory.apply(record(1, 1), at(0s));
    directory.apply(record(2, 1), at(0s));

    EXPECT_EQ(directory.apply(record(3, 1), at(0s)), Applied::full);
    EXPECT_EQ(directory.turned_away(), 1U);
    EXPECT_FALSE(directory.wants({node(3), 1}));
    EXPECT_EQ(directory.apply(record(2, 2), at(0s)), Applied::updated);
    directory.remove(node(1), 1, at(0s));
    EXPECT_TRUE(directory.wants({node(3), 1}));
    EXPECT_EQ(directory.apply(record(3, 1), at(0s)), Applied::added);
}

TEST(Directory, RemembersNoMoreDeadThanItMayListAlive) {
    Directory directory{2};
    for (std::uint16_t number = 1; number <= 3; ++number) directory.remove(node(number), 5, at(1s * number));

    EXPECT_EQ(directory.apply(record(1, 5), at(4s)), Applied::added) << "the oldest is forgotten";
    EXPECT_EQ(directory.apply(record(2, 5), at(4s)), Applied::old);
    EXPECT_EQ(directory.apply(record(3, 5), at(4s)), Applied::old);
}

TEST(Directory, WantsWhatIsNewerThanTheLivingAndTheDead) {
    Directory directory;
    directory.apply(record(1, 5), at(0s));
    directory.remove(node(2), 5, at(0s));

    EXPECT_FALSE(directory.wants({node(1), 5}));
    EXPECT_TRUE(directory.wants({node(1), 6}));
    EXPECT_FALSE(directory.wants({node(2), 5}));
    EXPECT_TRUE(directory.wants({node(2), 6}));
    EXPECT_TRUE(directory.wants({node(3), 1}));
}

TEST(Directory, GivesOnlyNodesThatMayBeCalled) {
    Directory directory;
    auto draining = record(3, 1, {service("Sum")});
    draining.draining = true;
    auto paused = service("Sum");
    paused.admin_status = AdminStatus::pause;
    directory.apply(record(1, 1, {service("Sum"), service("Other")}), at(0s));
    directory.apply(record(2, 1, {service("Sum", RunningStatus::failed)}), at(0s));
    directory.apply(std::move(draining), at(0s));
    directory.apply(record(4, 1, {paused}), at(0s));

    EXPECT_THAT(nodes_of(directory, "Sum"), ElementsAre(node(1)));
    EXPECT_THAT(nodes_of(directory, "Nothing"), IsEmpty());
}

TEST(Directory, FollowsAServiceThatStartsMovesAndEnds) {
    Directory directory;
    directory.apply(record(1, 1, {service("Sum", RunningStatus::starting)}), at(0s));
    EXPECT_THAT(nodes_of(directory, "Sum"), IsEmpty());

    directory.apply(record(1, 2, {service("Sum")}), at(0s));
    EXPECT_THAT(nodes_of(directory, "Sum"), ElementsAre(node(1)));

    directory.apply(record(1, 3, {service("Product")}), at(0s));
    EXPECT_THAT(nodes_of(directory, "Sum"), IsEmpty());
    EXPECT_THAT(nodes_of(directory, "Product"), ElementsAre(node(1)));

    directory.remove(node(1), 3, at(0s));
    EXPECT_THAT(nodes_of(directory, "Product"), IsEmpty());
}

TEST(Directory, GivesTheLocalNodeFirstAndTheRestInAnyOrder) {
    Directory directory;
    for (std::uint16_t number = 1; number <= 4; ++number) directory.apply(record(number, 1, {service("Sum")}), at(0s));

    std::mt19937_64 random{7};
    std::set<NodeId> second;
    for (int round = 0; round < 200; ++round) {
        const auto nodes = directory.nodes_of("Sum", random, node(3));
        ASSERT_EQ(nodes.size(), 4U);
        EXPECT_EQ(nodes[0]->id, node(3));
        second.insert(nodes[1]->id);
    }
    EXPECT_EQ(second.size(), 3U);
}

TEST(Directory, DigestIsThatOfItsEntriesAfterEveryChange) {
    Directory directory;
    const auto matches = [&] { return directory.digest() == wire::digest_of(directory.entries()); };
    EXPECT_EQ(directory.digest(), wire::Digest{});

    directory.apply(record(1, 1), at(0s));
    directory.apply(record(2, 9), at(0s));
    EXPECT_TRUE(matches());
    EXPECT_EQ(directory.digest().count, 2U);
    directory.apply(record(1, 2), at(0s));
    EXPECT_TRUE(matches());
    directory.apply(record(1, 1), at(0s));
    directory.remove(node(2), 9, at(0s));
    EXPECT_TRUE(matches());
    EXPECT_EQ(directory.digest().hash, wire::digest_entry(node(1), 2));
}

TEST(Directory, GivesARecordAsItIsAnnounced) {
    Directory directory;
    const auto listed = record(1, 3, {service("Sum")});
    directory.apply(listed, at(0s));

    EXPECT_EQ(wire::decode_announce(directory.encoded(node(1)).value())->record, listed);
    EXPECT_EQ(directory.encoded(node(2)), std::nullopt);
}

TEST(Directory, VisitsEachNodeOnce) {
    Directory directory;
    directory.apply(record(1, 1), at(0s));
    directory.apply(record(2, 1), at(0s));

    std::vector<NodeId> visited;
    directory.for_each([&](const wire::NodeRecord& each) { visited.push_back(each.id); });

    EXPECT_THAT(visited, ElementsAre(node(1), node(2)));
}

} // namespace
} // namespace malla::discovery
