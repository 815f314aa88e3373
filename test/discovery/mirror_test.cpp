// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/mirror.hpp"

#include "discovery/records.hpp"

#include <gmock/gmock.h>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using malla::test::at;
using malla::test::node_id;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Mirror, HasTheDigestOfWhatItLists) {
    Mirror mirror;
    mirror.put(node_id(1), 3, at(0s));
    mirror.put(node_id(2), 1, at(0s));
    mirror.put(node_id(2), 4, at(1s));
    mirror.put(node_id(3), 9, at(1s));
    mirror.erase(node_id(3));

    EXPECT_EQ(mirror.digest(), wire::digest_of(std::vector<wire::Entry>{{node_id(1), 3}, {node_id(2), 4}}));
}

TEST(Mirror, KeepsTheNewerOfTwoSequences) {
    Mirror mirror;
    mirror.put(node_id(1), 3, at(0s));
    mirror.put(node_id(1), 2, at(1s));

    EXPECT_EQ(mirror.digest(), wire::digest_of(std::vector<wire::Entry>{{node_id(1), 3}}));
}

TEST(Mirror, TakesAListingAndSaysWhoIsNoLongerListed) {
    Mirror mirror;
    mirror.put(node_id(1), 5, at(0s));
    mirror.put(node_id(2), 1, at(0s));
    const std::vector<wire::Entry> listing{{node_id(2), 1}, {node_id(3), 1}};

    EXPECT_THAT(mirror.assign(listing, at(1s), at(2s)), ElementsAre(node_id(1)));
    EXPECT_EQ(mirror.digest(), wire::digest_of(listing));
}

TEST(Mirror, KeepsWhatItHeardAfterTheListingWasAskedFor) {
    Mirror mirror;
    mirror.put(node_id(1), 1, at(1s));

    EXPECT_THAT(mirror.assign({}, at(1s), at(2s)), IsEmpty());
    EXPECT_TRUE(mirror.lists(node_id(1)));
    EXPECT_THAT(mirror.assign({}, at(1s + 1ns), at(2s)), ElementsAre(node_id(1)));
}

TEST(Mirror, CorrectsASequenceThatTheRendezvousNeverHad) {
    Mirror mirror;
    mirror.put(node_id(1), 7, at(0s));

    EXPECT_THAT(mirror.assign(std::vector<wire::Entry>{{node_id(1), 2}}, at(1s), at(2s)), IsEmpty());
    EXPECT_EQ(mirror.digest(), wire::digest_of(std::vector<wire::Entry>{{node_id(1), 2}}));
}

TEST(Mirror, RemembersFormerNodesUntilTheyAreDropped) {
    Mirror mirror;
    mirror.put(node_id(1), 1, at(0s));
    mirror.put(node_id(2), 1, at(0s));
    mirror.renew();
    mirror.put(node_id(2), 1, at(1s));

    EXPECT_FALSE(mirror.lists(node_id(1)));
    EXPECT_TRUE(mirror.knows(node_id(1)));
    EXPECT_THAT(mirror.drop_former(), ElementsAre(node_id(1)));
    EXPECT_FALSE(mirror.knows(node_id(1)));
}

} // namespace
} // namespace malla::discovery
