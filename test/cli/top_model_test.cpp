// SPDX-License-Identifier: Apache-2.0
#include "cli/top_model.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

NodeId node_id(char c) { return *NodeId::parse(std::string(32, c)); }

TopLook::Instance told(const std::string& service, char node, std::uint64_t calls, std::uint64_t errors = 0) {
    TopLook::Instance instance;
    instance.view.service = service;
    instance.view.node = node_id(node);
    instance.view.node_name = std::string{"node-"} + node;
    instance.view.status = RunningStatus::running;
    admin::Stats stats{calls, errors, 1, std::vector<std::uint64_t>(32)};
    stats.took[7] = calls; // 64 to 128 us
    instance.stats = stats;
    return instance;
}

NodeView node(char c) {
    NodeView view;
    view.id = node_id(c);
    view.name = std::string{"node-"} + c;
    view.services = {"any"};
    return view;
}

struct Top : testing::Test {
    void look(std::vector<TopLook::Instance> instances) {
        now += 2s;
        model.update({now, {node('a'), node('b')}, std::move(instances)});
    }

    std::vector<std::string> order(TopSort sort, std::string_view filter = "") const {
        std::vector<std::string> names;
        for (const TopRow& row : model.rows(sort, filter))
            names.push_back(row.service + (row.node.empty() ? "" : "@" + row.node));
        return names;
    }

    Clock::time_point now{};
    TopModel model;
};

TEST_F(Top, MakesRatesOfWhatIsCountedBetweenTwoLooks) {
    look({told("Echo", 'a', 100, 10)});
    EXPECT_FALSE(model.instances().front().last);
    look({told("Echo", 'a', 300, 14)});
    const TopRow& row = model.instances().front();
    EXPECT_DOUBLE_EQ(row.rate(), 100);
    EXPECT_DOUBLE_EQ(row.error_rate(), 2);
    EXPECT_DOUBLE_EQ(row.median_us(), 96);
    EXPECT_EQ(row.last->load, 1U);
}

TEST_F(Top, SumsTheInstancesOfAServiceAndThoseOfANode) {
    look({told("Echo", 'a', 0), told("Echo", 'b', 0), told("Text", 'b', 0)});
    look({told("Echo", 'a', 20), told("Echo", 'b', 40), told("Text", 'b', 100)});
    const auto rows = model.rows(TopSort::name, "");
    EXPECT_THAT(order(TopSort::name),
                ElementsAre("Echo", "Echo@node-a", "Echo@node-b", "Text", "Text@node-b", "@node-a", "@node-b"));
    EXPECT_DOUBLE_EQ(rows[0].rate(), 30);
    EXPECT_DOUBLE_EQ(rows[5].rate(), 10);
    EXPECT_DOUBLE_EQ(rows[6].rate(), 70);
}

TEST_F(Top, PutsWhatIsMostFirst) {
    look({told("Echo", 'a', 0), told("Echo", 'b', 0), told("Text", 'b', 0)});
    look({told("Echo", 'a', 20), told("Echo", 'b', 40), told("Text", 'b', 100)});
    EXPECT_THAT(order(TopSort::rate),
                ElementsAre("Text", "Text@node-b", "Echo", "Echo@node-b", "Echo@node-a", "@node-b", "@node-a"));
}

TEST_F(Top, ShowsOnlyWhatTheFilterNames) {
    look({told("Echo", 'a', 0), told("Echo", 'b', 0), told("Text", 'b', 0)});
    EXPECT_THAT(order(TopSort::name, "TEX"), ElementsAre("Text", "Text@node-b"));
    EXPECT_THAT(order(TopSort::name, "node-a"), ElementsAre("Echo", "Echo@node-a", "@node-a"));
    EXPECT_THAT(order(TopSort::name, "nothing"), IsEmpty());
}

TEST_F(Top, BeginsAnewWithAServiceThatCountsFromNothingAgain) {
    look({told("Echo", 'a', 1000)});
    look({told("Echo", 'a', 4)});
    EXPECT_FALSE(model.instances().front().last);
    look({told("Echo", 'a', 8)});
    EXPECT_DOUBLE_EQ(model.instances().front().rate(), 2);
}

TEST_F(Top, KnowsNothingOfAnInstanceThatDoesNotSay) {
    look({told("Echo", 'a', 1)});
    auto silent = told("Echo", 'a', 2);
    silent.stats.reset();
    silent.view.admin_status = AdminStatus::pause;
    look({silent});
    EXPECT_FALSE(model.instances().front().last);
    EXPECT_EQ(model.instances().front().status, "paused");
    silent.view.admin_status = AdminStatus::drain;
    look({silent, told("Echo", 'b', 2)});
    EXPECT_EQ(model.instances().front().status, "draining");
    EXPECT_TRUE(model.instances().front().is_at_rest);
    EXPECT_FALSE(model.rows(TopSort::name, "").front().is_at_rest) << "the service has another one";
}

TEST_F(Top, RemembersTheMedianOfEachLook) {
    look({told("Echo", 'a', 0)});
    look({told("Echo", 'a', 10)});
    look({told("Echo", 'a', 10)});
    look({told("Echo", 'a', 20)});
    EXPECT_THAT(model.instances().front().latencies, ElementsAre(96, -1, 96));
    look({});
    look({told("Echo", 'a', 20)});
    EXPECT_THAT(model.instances().front().latencies, IsEmpty());
}

TEST(TopQuantile, LiesInTheBucketThatHasIt) {
    TopInterval interval{1, 4, 0, 0, {0, 1, 0, 2, 1}};
    EXPECT_DOUBLE_EQ(*interval.quantile_us(0.25), 2);
    EXPECT_DOUBLE_EQ(*interval.quantile_us(0.5), 6);
    EXPECT_DOUBLE_EQ(*interval.quantile_us(1), 16);
    EXPECT_FALSE(TopInterval{}.quantile_us(0.5));
}

} // namespace
} // namespace malla::cli
