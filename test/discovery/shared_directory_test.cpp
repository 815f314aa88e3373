// SPDX-License-Identifier: Apache-2.0
#include "discovery/records.hpp"
#include "malla/discovery/shared_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
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

TEST_F(SharedDirectoryTest, WhoWaitsForAChangeOverlooksNone) {
    constexpr std::uint64_t rounds = 100'000;
    std::atomic<std::uint64_t> waiting = 0; // the round in which somebody is about to wait
    std::atomic<std::uint64_t> seen = 0;
    const auto some_moments = [](std::uint64_t count) { // so that the two meet at each point
        for (std::atomic<std::uint64_t> moment = 0; moment < count; ++moment) {
        }
    };
    std::thread keeper{[&] {
        for (std::uint64_t round = 1; round <= rounds; ++round) {
            while (waiting < round) std::this_thread::yield();
            some_moments(round * 7 % 100);
            announce(round, false);
            while (seen < round) std::this_thread::yield();
        }
    }};
    Clock::duration longest{};
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        waiting = round;
        some_moments(round * 13 % 130);
        const auto began = Clock::now();
        const Deadline deadline = longest < 5s ? Deadline::in(10s) : Deadline{began}; // once is enough
        (void)directory.wait([&](const Directory&) { return directory.version() >= round; }, deadline);
        longest = std::max(longest, Clock::now() - began);
        seen = round;
    }
    keeper.join();
    EXPECT_LT(longest, 5s);
}

TEST_F(SharedDirectoryTest, TakesANodeForDrainingWhoseLastRecordNeverCame) {
    announce(2, false);

    directory.gone(node_id(1), 3, "it said goodbye", at(0s));

    ASSERT_EQ(gone.size(), 1u);
    EXPECT_TRUE(gone[0].draining);
}

} // namespace
} // namespace malla::discovery
