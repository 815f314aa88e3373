// SPDX-License-Identifier: Apache-2.0
#include "discovery/records.hpp"
#include "malla/discovery/shared_directory.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::node_id;

class SharedDirectoryTest : public ::testing::Test {
protected:
    SharedDirectoryTest() {
        directory.observe([this](const Change& change) {
            if (change.kind == Change::Kind::gone) gone.push_back(change);
        });
    }
    void announce(std::uint64_t sequence, bool draining) {
        auto record = test::record_of(node_id(1), sequence);
        record.draining = draining;
        directory.announce(std::move(record), at(0s));
    }

    SharedDirectory directory;
    std::vector<Change> gone;
};

TEST_F(SharedDirectoryTest, TellsWhetherANodeThatIsGoneHadAnnouncedThatItDrains) {
    announce(1, false);
    directory.gone(node_id(1), 1, "it fell silent", at(0s));
    announce(2, false);
    announce(3, true);
    directory.gone(node_id(1), 3, "it said goodbye", at(0s));

    EXPECT_EQ(gone, (std::vector{Change{Change::Kind::gone, node_id(1), 1, "it fell silent", false},
                                 Change{Change::Kind::gone, node_id(1), 3, "it said goodbye", true}}));
}

TEST_F(SharedDirectoryTest, TakesANodeForDrainingWhoseLastRecordNeverCame) {
    announce(2, false);

    directory.gone(node_id(1), 3, "it said goodbye", at(0s));

    ASSERT_EQ(gone.size(), 1u);
    EXPECT_TRUE(gone[0].draining);
}

} // namespace
} // namespace malla::discovery
