// SPDX-License-Identifier: Apache-2.0
// Calls that a node's own services can take.
#include "malla/node/remote.hpp"
#include "malla/service/request.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"
#include "support/free_endpoint.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::eventually;
using test::joined_to;

struct Who : Callback<"who()", std::string()> {};
struct Each : Callback<"each()", Stream<std::string>()> {};
struct DeskApi : Api<"Desk", Who, Each> {};

Stream<std::string> one(std::string name) {
    return [left = std::optional{std::move(name)}]() mutable { return std::exchange(left, std::nullopt); };
}

struct OtherDesk : Service<DeskApi> {
    std::string on(Who) { return "other"; }
    Stream<std::string> on(Each) { return one("other"); }
};

/// Refuses everything before it runs.
struct Closed : Plugin {
    using Callbacks = malla::Callbacks<HandleRequest>;
    Flow<HandleRequest> on(HandleRequest, const IncomingRequest& request) { return Status{"busy", request.service}; }
};
struct ClosedDesk : Service<DeskApi> {
    using Plugins = malla::Plugins<Closed>;
    std::string on(Who) { return "own"; }
    Stream<std::string> on(Each) { return one("own"); }
};

class TwoDesks : public ::testing::Test {
protected:
    void SetUp() override {
        own.start<ClosedDesk>();
        other.start<OtherDesk>();
        ASSERT_TRUE(eventually([&] { return own.instances_of("Desk").size() == 2; }));
    }

    Node own{alone("own")};
    Node other{joined_to(own, "other")};
};

TEST_F(TwoDesks, TheOtherTakesTheCallThatTheOwnOneDoesNotRun) {
    EXPECT_EQ(Remote<DeskApi>{own}.call<Who>(within(60s)), "other");
}

TEST_F(TwoDesks, TheOtherGivesTheStreamThatTheOwnOneDoesNotOpen) {
    auto stream = Remote<DeskApi>{own}.stream<Each>();

    const auto value = stream.next();
    ASSERT_TRUE(value) << value.error().text();
    EXPECT_EQ(*value, "other");
}

struct Hold : Callback<"hold()", void()> {};
struct RoomApi : Api<"Room", Hold> {};

/// For one at a time, until the latch opens.
struct Room : Service<RoomApi> {
    void on(Hold) {
        entered->count_down();
        open->wait();
    }

    std::shared_ptr<std::latch> entered = std::make_shared<std::latch>(1);
    std::shared_ptr<std::latch> open = std::make_shared<std::latch>(1);
};

TEST(OwnService, WhoWaitsForItsTurnWaitsNoLongerThanHisDeadline) {
    Node node{alone()};
    const Room room;
    node.start(room);
    std::jthread holds{[&] { Remote<RoomApi>{node}.call<Hold>(within(60s)); }};
    room.entered->wait();

    const auto began = Clock::now();
    const auto result = Remote<RoomApi>{node}.try_call<Hold>(within(100ms));

    EXPECT_LT(Clock::now() - began, 10s);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "expired");
    EXPECT_EQ(result.error().outcome(), Outcome::not_run);
    room.open->count_down();
}

/// Hears of a refusal from somebody else, when the handler has run.
struct Audit : Plugin {
    using Callbacks = malla::Callbacks<HandleRequest>;
    Result<void> on(HandleRequest, Next<HandleRequest> next, const IncomingRequest& request) {
        if (auto done = next(request); !done) return done;
        return Status{"service_not_available", "Auditor"};
    }
};
struct Audited : Service<DeskApi> {
    using Plugins = malla::Plugins<Audit>;
    std::string on(Who) {
        ++*runs;
        return "audited";
    }
    Stream<std::string> on(Each) { return one("audited"); }

    std::shared_ptr<std::atomic<int>> runs = std::make_shared<std::atomic<int>>(0);
};

TEST(OwnService, ThatHasRunIsNotRunAgainWhateverAPluginAroundItSays) {
    Node node{alone("server")};
    const Audited desk;
    node.start(desk);
    Node client{joined_to(node, "client")};
    for (Node* caller : {&node, &client}) {
        *desk.runs = 0;
        const auto result = Remote<DeskApi>{*caller}.try_call<Who>(within(60s));

        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().id(), "service_not_available");
        EXPECT_EQ(result.error().outcome(), Outcome::answered);
        EXPECT_EQ(*desk.runs, 1);
    }
}

TEST(OwnService, ANodeThatIsAmongItsOwnPeersKnowsThatAServiceIsNotThere) {
    Node first{alone("first")};
    NodeOptions options = joined_to(first, "second");
    options.bind = test::free_endpoint();
    options.peers.push_back(options.bind);
    Node second{options};
    ASSERT_TRUE(second.wait_for_mesh(Deadline::in(60s)));

    const auto result = second.call("Nobody", "who", "[]", within(50ms));

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "service_not_available");
    EXPECT_EQ(result.error().outcome(), Outcome::not_run);
}

} // namespace
} // namespace malla
