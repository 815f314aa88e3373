// SPDX-License-Identifier: Apache-2.0
#include "malla/node/connections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using transport::LinkEvent;
using transport::Peer;

class ConnectionsTest : public ::testing::Test {
protected:
    void opens(int connection) { tell({LinkEvent::Kind::connected, connection, {}}); }
    void ends(int connection) { tell({LinkEvent::Kind::disconnected, connection, {}}); }
    void calls(std::uint32_t peer, int connection) { connections.note(Peer{peer}, connection, true); }
    void speaks(std::uint32_t peer, int connection) { connections.note(Peer{peer}, connection, false); }
    [[nodiscard]] bool has_callers() const { return !connections.wait_without_callers(Deadline{Clock::now()}); }

    Connections connections;

private:
    void tell(const LinkEvent& event) { connections.on_events(std::span{&event, 1}); }
};

TEST_F(ConnectionsTest, OneThatCallsCountsUntilItsEnd) {
    EXPECT_FALSE(has_callers());
    opens(7);
    opens(8);
    opens(9);
    EXPECT_FALSE(has_callers());
    calls(1, 7);
    calls(2, 8);
    speaks(1, 7);
    speaks(3, 9);
    EXPECT_TRUE(has_callers());
    EXPECT_THAT(connections.callers(), testing::UnorderedElementsAre(Peer{1}, Peer{2}));
    ends(7);
    EXPECT_TRUE(has_callers());
    ends(8);
    EXPECT_FALSE(has_callers());
}

TEST_F(ConnectionsTest, OneWithoutCallsDoesNotCount) {
    opens(7);
    speaks(1, 7);
    EXPECT_FALSE(has_callers());
    connections.note(Peer{2}, -1, true); // no monitor would tell of its end
    EXPECT_FALSE(has_callers());
}

TEST_F(ConnectionsTest, ItsNumberIsSoonAnothers) {
    opens(7);
    calls(1, 7);
    ends(7);
    opens(7);
    EXPECT_FALSE(has_callers());
    speaks(2, 7);
    EXPECT_FALSE(has_callers());
}

TEST_F(ConnectionsTest, ACallMayBeReadBeforeTheMonitorTellsOfItsConnection) {
    calls(1, 7);
    opens(7);
    EXPECT_TRUE(has_callers());
    ends(7);
    EXPECT_FALSE(has_callers());
}

TEST_F(ConnectionsTest, ACallMayBeReadBeforeTheMonitorTellsThatAnotherHadTheNumber) {
    opens(7);
    speaks(1, 7);
    calls(2, 7);
    ends(7);
    opens(7);
    EXPECT_TRUE(has_callers());
    ends(7);
    EXPECT_FALSE(has_callers());
}

TEST_F(ConnectionsTest, ACallThatIsReadAfterTheEndOfItsConnectionIsNotWaitedFor) {
    opens(7);
    ends(7);
    calls(1, 7);
    EXPECT_FALSE(has_callers());
}

TEST_F(ConnectionsTest, WaitingEndsWithTheLastCaller) {
    opens(7);
    calls(1, 7);
    std::thread monitor{[this] { ends(7); }};

    EXPECT_TRUE(connections.wait_without_callers(Deadline::in(60s)));
    monitor.join();
}

} // namespace
} // namespace malla
