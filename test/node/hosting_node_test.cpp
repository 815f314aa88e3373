// SPDX-License-Identifier: Apache-2.0
#include "malla/service/hosting_node.hpp"

#include "malla/base/log.hpp"
#include "malla/node/node.hpp"
#include "node/nodes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using ::testing::ElementsAre;

struct Ask : Callback<"ask()", int()> {};
struct InnerApi : Api<"Inner", Ask> {};
struct OuterApi : Api<"Outer", Ask> {};

HostingNode* hosting = nullptr;

struct Outer : Service<OuterApi> {
    Result<void> start(const Starting& starting) {
        hosting = starting.hosting;
        return {};
    }
    int on(Ask) { return 1; }
};
struct Inner : Service<InnerApi> {
    static constexpr bool local = true;
    int on(Ask) { return 2; }
};

struct HostingNodeTest : ::testing::Test {
    std::string asked() {
        CallOptions soon;
        soon.deadline = Deadline::in(500ms);
        const auto answer = node.call("Outer", "ask", "[]", soon);
        return answer ? *answer : std::string{answer.error().id()};
    }
    ~HostingNodeTest() override { hosting = nullptr; }

    Node node{alone()};
    LiveService<Outer>& outer = node.start<Outer>();
    LiveService<Inner>& inner = node.start<Inner>();
};

TEST_F(HostingNodeTest, ShowsAllServicesButThoseThatEachNodeHas) {
    std::vector<std::string> names;
    std::vector<const ServiceControl*> controls;
    hosting->for_each_service([&](std::string_view name, ServiceControl& control) {
        names.emplace_back(name);
        controls.push_back(&control);
    });
    EXPECT_THAT(names, ElementsAre("Outer", "Inner"));
    EXPECT_THAT(controls, ElementsAre(&outer.control(), &inner.control()));
}

TEST_F(HostingNodeTest, TakesNoCallsWhileItDrainsAndGoesOnAfterwards) {
    EXPECT_FALSE(hosting->draining());
    ASSERT_TRUE(hosting->begin_draining());
    EXPECT_TRUE(hosting->draining());
    EXPECT_FALSE(hosting->begin_draining()) << "somebody does it already";
    EXPECT_EQ(asked(), "draining");
    EXPECT_EQ(outer.call<Ask>(), 1) << "from inside";
    hosting->end_draining();
    EXPECT_FALSE(hosting->draining());
    EXPECT_EQ(asked(), "1");
}

TEST_F(HostingNodeTest, DoesNotGoOnOnceTheNodeIsStopped) {
    ASSERT_TRUE(hosting->begin_draining());
    node.stop();
    hosting->end_draining();
    EXPECT_TRUE(hosting->draining());
}

TEST_F(HostingNodeTest, EndsTheNodeThatRuns) {
    auto running = std::async(std::launch::async, [&] { return node.run(); });
    EXPECT_EQ(running.wait_for(0s), std::future_status::timeout);
    hosting->end();
    EXPECT_EQ(running.get(), 0);
    EXPECT_EQ(outer.running_status(), RunningStatus::stopped);
}

} // namespace
} // namespace malla
