// SPDX-License-Identifier: Apache-2.0
#include "malla/node/remote.hpp"
#include "plugins/spdlog/backend.hpp"
#include "plugins/timing/timing.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

struct Half : Callback<"half(x)", double(double)> {};
struct HalfApi : Api<"Half", Half> {};
struct Halves : Service<HalfApi> {
    Result<double> on(Half, double x) {
        if (x == 0) return Status{"parameter_invalid", "x"};
        return x / 2;
    }
};

NodeOptions alone() {
    NodeOptions options;
    options.loopback.clear();
    return options;
}

TEST(Timing, CountsTheCallsThatCameFromOtherNodes) {
    Node server{alone()};
    auto& timing = server.start<plugins::Timing>();
    server.start<Halves>();
    NodeOptions joining = alone();
    joining.hosts = false;
    joining.peers = {server.endpoint()};
    Node client{joining};
    Remote<HalfApi> halves{client};

    EXPECT_EQ(halves.call<Half>(4), 2);
    EXPECT_EQ(halves.call<Half>(6), 3);
    EXPECT_FALSE(halves.try_call<Half>(0));

    const auto figures = timing.service().figures();
    ASSERT_EQ(figures.size(), 1u);
    EXPECT_EQ(figures.at("Half.half").calls, 3u);
    EXPECT_EQ(figures.at("Half.half").failures, 1u);
    EXPECT_GE(figures.at("Half.half").total, figures.at("Half.half").longest);
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
    options.config = Json::object({{"Spdlog", Json::object({{"level", "loud"}})}});
    Node node{options};

    try {
        node.start<plugins::Spdlog>();
        FAIL() << "it started";
    } catch (const Error& error) {
        EXPECT_EQ(error.status().id(), "field_invalid");
    }
}

} // namespace
} // namespace malla
