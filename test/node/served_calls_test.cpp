// SPDX-License-Identifier: Apache-2.0
// What becomes of calls in a node whose caller is gone, or that leaves.
#include "malla/node/node.hpp"
#include "node/connection.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::Connection;
using test::eventually;

struct Stay : Callback<"stay()", void()> {};
struct Ring : Callback<"ring()", void()> {};
struct Guests : Callback<"guests()", int()> {};
struct InnApi : Api<"Inn", Stay, Ring, Guests> {};

/// One guest at a time, who stays until nobody waits for him any more.
struct Inn : Service<InnApi> {
    void on(Stay) {
        ++*guests;
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any never;
        never.wait(lock, current_call()->cancelled, [] { return false; });
    }
    void on(Ring) { ++*rings; }
    int on(Guests) { return *guests; }

    std::shared_ptr<std::atomic<int>> guests = std::make_shared<std::atomic<int>>(0);
    std::shared_ptr<std::atomic<int>> rings = std::make_shared<std::atomic<int>>(0);
};

class Inns : public ::testing::Test {
protected:
    static NodeOptions at_once() {
        NodeOptions options = alone();
        options.drain_limit = 0s;
        return options;
    }
    /// One guest is in and the next call waits.
    void fill(Connection& caller, std::string_view next, bool one_way = false) {
        caller.call("Inn", 1, "stay");
        ASSERT_TRUE(eventually([&] { return *inn.guests == 1; }));
        caller.call("Inn", 2, next, NodeId::random(), "[]", one_way);
        ASSERT_TRUE(eventually([&] { return live.gate().queued() == 1; }));
    }

    Inn inn;
    Node node{at_once()};
    LiveService<Inn>& live = node.start(inn);
};

TEST_F(Inns, OfACallerWhoIsLostAreCancelledAndThoseThatWaitNeverRun) {
    Connection lost{node};
    fill(lost, "stay");

    lost.close();

    Connection other{node};
    other.call("Inn", 1, "guests");
    EXPECT_EQ(other.receive(), "1");
}

TEST_F(Inns, ThatAreOneWayRunAlthoughTheirCallerIsLost) {
    Connection lost{node};
    fill(lost, "ring", true);

    lost.close();

    EXPECT_TRUE(eventually([&] { return *inn.rings == 1; }));
}

TEST_F(Inns, ThatWaitWhenTheirNodeLeavesHaveCertainlyNotRun) {
    Connection caller{node};
    fill(caller, "stay");

    node.stop();

    const std::set<std::string> answers{caller.receive(), caller.receive()};
    EXPECT_EQ(answers, (std::set<std::string>{"shutdown", "draining"}));
}

} // namespace
} // namespace malla
