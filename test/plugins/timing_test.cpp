// SPDX-License-Identifier: Apache-2.0
#include "malla/node/remote.hpp"
#include "plugins/spdlog/backend.hpp"
#include "plugins/timing/timing.hpp"

#include "node/nodes.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

using test::alone;

struct Half : Callback<"half(x)", double(double)> {};
struct HalfApi : Api<"Half", Half> {};
struct Halves : Service<HalfApi> {
    using Plugins = malla::Plugins<plugins::Timing>;
    Result<double> on(Half, double x) {
        if (x == 0) return Status{"parameter_invalid", "x"};
        return x / 2;
    }
};

struct Whole : Callback<"whole(x)", double(double)> {};
struct WholeApi : Api<"Whole", Whole> {};
struct Wholes : Service<WholeApi> {
    static constexpr bool silent = true;
    double on(Whole, double x) { return x; }
};

TEST(Timing, CountsTheCallsThatComeFromOutside) {
    Node node{alone()};
    auto& halves = node.start<Halves>();

    EXPECT_EQ(*node.call("Half", "half", "[4]"), "2");
    EXPECT_EQ(*node.call("Half", "half", "[6]"), "3");
    EXPECT_FALSE(node.call("Half", "half", "[0]"));
    EXPECT_EQ(halves.call<Half>(8), 4); // from inside

    const auto figures = halves.plugin<plugins::Timing>().figures();
    ASSERT_EQ(figures.size(), 1u);
    EXPECT_EQ(figures.at("Half.half").calls, 3u);
    EXPECT_EQ(figures.at("Half.half").failures, 1u);
    EXPECT_GE(figures.at("Half.half").total, figures.at("Half.half").longest);
}

TEST(Timing, CanBeAddedToAnyService) {
    static std::vector<std::string> lines;
    lines.clear();
    Node node{alone()};
    node.offer<plugins::Timing>();
    auto& wholes = node.start<Wholes>();
    ASSERT_TRUE(wholes.control().add_plugin("Timing"));
    EXPECT_EQ(*node.call("Whole", "whole", "[4]"), "4");
    const LogSink before = set_log_sink([](LogLevel, std::string_view line) noexcept { lines.emplace_back(line); });
    ASSERT_TRUE(wholes.control().remove_plugin("Timing"));
    wholes.control().stop(); // waits for what left
    set_log_sink(before);
    ASSERT_FALSE(lines.empty());
    EXPECT_TRUE(lines.front().starts_with("Whole.whole: 1 calls, 0 failed")) << lines.front();
}

TEST(Spdlog, IsTheLogFromItsStartToItsStop) {
    const LogSink quiet = [](LogLevel, std::string_view) noexcept {};
    const LogSink before = set_log_sink(quiet);
    {
        Node node{alone()};
        node.start<plugins::Spdlog>();
        const LogSink during = set_log_sink(quiet);
        EXPECT_NE(during, quiet);
        set_log_sink(during);
    }
    EXPECT_EQ(set_log_sink(before), quiet);
}

TEST(Spdlog, RefusesALevelThatThereIsNot) {
    NodeOptions options = alone();
    ASSERT_TRUE(options.config.set(ConfigLayer::file, Json::object({{"Spdlog", Json::object({{"level", "loud"}})}})));
    Node node{options};

    try {
        node.start<plugins::Spdlog>();
        FAIL() << "it started";
    } catch (const Error& error) {
        EXPECT_EQ(error.status().id(), "parameter_invalid");
    }
}

} // namespace
} // namespace malla
