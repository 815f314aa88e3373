// SPDX-License-Identifier: Apache-2.0
#include "malla/node/circuit.hpp"
#include "malla/node/remote.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::eventually;
using test::joined_to;

struct Serve : Callback<"serve()", std::string()> {};
struct BarApi : Api<"Bar", Serve> {};

struct Crowd {
    std::atomic<bool> busy = false;
    std::atomic<int> asked = 0;
    std::string retry_after;
};

/// Refuses calls while the bar is crowded.
struct Door : Plugin {
    using Callbacks = malla::Callbacks<HandleRequest>;

    Flow<HandleRequest> on(HandleRequest, const IncomingRequest& request) {
        ++crowd->asked;
        if (!crowd->busy) return cont;
        Status status{"busy", request.service};
        if (!crowd->retry_after.empty()) status.set_data("retry_after_ms", crowd->retry_after);
        return status;
    }

    std::shared_ptr<Crowd> crowd = std::make_shared<Crowd>();
};
struct Bar : Service<BarApi> {
    using Plugins = malla::Plugins<Door>;
    static constexpr bool concurrent = true;

    explicit Bar(std::string is_called) : name{std::move(is_called)} {}
    std::string on(Serve) { return name; }

    std::string name;
};

class Bars : public ::testing::Test {
protected:
    /// Opens one and gives its crowd.
    std::shared_ptr<Crowd> open(Node& node) {
        auto& live = node.start(Bar{node.name()});
        return live.plugin<Door>().crowd;
    }
    bool knows(std::ptrdiff_t count) {
        return eventually([&] {
            return std::ranges::count(client.instances_of("Bar"), RunningStatus::running, &InstanceView::status) ==
                   count;
        });
    }
    Result<std::string> serve(CallOptions options = {}) { return Remote<BarApi>{client}.try_call<Serve>(options); }

    Node client{alone("client")};
    Node first{joined_to(client, "first")};
    Node second{joined_to(client, "second")};
};

TEST_F(Bars, ABusyServiceIsNotAskedForLongerThanTheBudgetAllows) {
    const auto crowd = open(first);
    ASSERT_TRUE(knows(1));
    crowd->busy = true;

    const auto result = serve(within(60s));

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "busy");
    EXPECT_EQ(result.error().outcome(), Outcome::not_run);
    EXPECT_EQ(crowd->asked, 5);
    EXPECT_FALSE(serve(within(60s)));
    EXPECT_EQ(crowd->asked, 6); // without budget there is no retry at all
}

TEST_F(Bars, SuccessesFillTheBudgetAgain) {
    const auto crowd = open(first);
    ASSERT_TRUE(knows(1));
    crowd->busy = true;
    ASSERT_FALSE(serve(within(60s)));
    crowd->busy = false;
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(serve(within(60s)));
    crowd->busy = true;
    crowd->asked = 0;

    EXPECT_FALSE(serve(within(60s)));

    EXPECT_EQ(crowd->asked, 5);
}

TEST_F(Bars, ARetryComesWhenTheBusyServiceWantsIt) {
    const auto crowd = open(first);
    ASSERT_TRUE(knows(1));
    ASSERT_TRUE(serve(within(60s)));
    crowd->asked = 0;
    crowd->busy = true;
    crowd->retry_after = "600000"; // beyond the deadline, so that it is not asked again

    const auto result = serve(within(2s));

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "busy");
    EXPECT_EQ(crowd->asked, 1);
}

TEST_F(Bars, OneThatIsAlwaysBusyGetsNoCallsWhileAnotherTakesThem) {
    const auto crowd = open(first);
    const auto other = open(second);
    ASSERT_TRUE(knows(2));
    crowd->busy = true;
    // Until its circuit is open; the budget lets some of these fail.
    ASSERT_TRUE(eventually([&] { return (void)serve(within(60s)), crowd->asked >= 10; }));
    crowd->asked = 0;

    const auto began = Clock::now();
    int served = 0;
    for (int i = 0; i < 200; ++i) served += serve(within(60s)) ? 1 : 0;

    const auto probes = (Clock::now() - began) / Circuit::probe_every + 1;
    EXPECT_LE(crowd->asked, probes);
    EXPECT_GE(served, 200 - probes);
}

TEST_F(Bars, OneThatWasBusyIsCalledAgainWhenAProbeWasServed) {
    const auto crowd = open(first);
    const auto other = open(second);
    ASSERT_TRUE(knows(2));
    crowd->busy = true;
    ASSERT_TRUE(eventually([&] { return (void)serve(within(60s)), crowd->asked >= 10; }));
    crowd->busy = false;

    ASSERT_TRUE(eventually([&] { return serve(within(60s)) && *serve(within(60s)) == "first"; }));
    crowd->asked = 0;
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(serve(within(60s)));
    EXPECT_GT(crowd->asked, 10);
}

} // namespace
} // namespace malla
