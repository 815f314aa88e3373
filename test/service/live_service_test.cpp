// SPDX-License-Identifier: Apache-2.0
#include "malla/service/live_service.hpp"

#include "malla/base/log.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

struct Name : Callback<"name()", std::string()> {};
struct Fail : Callback<"fail()", int()> {};
struct ThingApi : Api<"Thing", Name, Fail> {};

std::vector<std::string> happened;

struct Lower : Plugin {
    Result<void> start(const Starting& starting) {
        happened.emplace_back("lower starts");
        if (starting.config.find("broken")) return Status{"field_invalid", "broken"};
        return {};
    }
    void stop() { happened.emplace_back("lower stops"); }
};

struct Upper : Plugin {
    using Depends = malla::Depends<Lower>;

    Result<void> start(const Starting& starting) {
        happened.emplace_back("upper starts");
        if (starting.config.find("worse")) throw std::runtime_error{"worse"};
        return {};
    }
    void stop() {
        happened.emplace_back("upper stops");
        throw std::runtime_error{"stops badly"};
    }
};

struct Thing : Service<ThingApi> {
    using Plugins = malla::Plugins<Upper>;

    std::string on(Name) { return std::string{current_service()}; }
    int on(Fail) { throw std::runtime_error{"inside"}; }
};

class LiveServiceTest : public ::testing::Test {
protected:
    LiveServiceTest() {
        happened.clear();
        before_ = set_log_sink([](LogLevel, std::string_view) noexcept {});
    }
    ~LiveServiceTest() override { set_log_sink(before_); }

    Result<void> start(const Json& config) {
        ServiceHost host;
        EXPECT_TRUE(host.config.set(ConfigLayer::start, config));
        return live.control().start(std::move(host));
    }

    LiveService<Thing> live;

private:
    LogSink before_;
};

TEST_F(LiveServiceTest, PluginsStartLowestFirstAndStopHighestFirst) {
    ASSERT_TRUE(start(Json::object()));
    EXPECT_EQ(live.running_status(), RunningStatus::running);
    live.control().stop();
    EXPECT_EQ(live.running_status(), RunningStatus::stopped);
    EXPECT_EQ(happened, (std::vector<std::string>{"lower starts", "upper starts", "upper stops", "lower stops"}));
}

TEST_F(LiveServiceTest, AFailedStartStopsOnlyWhatWasStarted) {
    const auto failed = start(Json::object({{"worse", true}}));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().id(), "internal_error");
    EXPECT_EQ(live.running_status(), RunningStatus::failed);
    EXPECT_EQ(happened, (std::vector<std::string>{"lower starts", "upper starts", "lower stops"}));

    happened.clear();
    EXPECT_EQ(start(Json::object({{"broken", true}})).error().id(), "field_invalid");
    EXPECT_EQ(happened, (std::vector<std::string>{"lower starts"}));
}

TEST_F(LiveServiceTest, TheDoorIsClosedUnlessItRuns) {
    EXPECT_EQ(live.try_call<Name>().error().id(), "service_not_available");
    ASSERT_TRUE(start(Json::object()));
    EXPECT_EQ(live.call<Name>(), "Thing");
    live.set_running_status(RunningStatus::paused);
    EXPECT_EQ(live.try_call<Name>().error().id(), "paused");
    EXPECT_EQ(live.try_call<Name>().error().outcome(), Outcome::not_run);
    live.set_running_status(RunningStatus::draining);
    EXPECT_EQ(live.try_call<Name>().error().id(), "draining");
}

TEST_F(LiveServiceTest, TheDoorIsClosedForWhoeverSeesItsStatus) {
    ASSERT_TRUE(start(Json::object()));
    constexpr int rounds = 20'000;
    std::atomic<int> looking = 0; // the round in which somebody waits for the status
    std::atomic<int> looked = 0;  // the last one in which he saw it
    std::thread operator_of_it{[&] {
        for (int round = 1; round <= rounds; ++round) {
            while (looking != round) std::this_thread::yield();
            live.set_running_status(RunningStatus::failed);
            while (looked != round) std::this_thread::yield();
            live.set_running_status(RunningStatus::running);
        }
    }};
    int entered = 0;
    for (int round = 1; round <= rounds; ++round) {
        while (live.running_status() != RunningStatus::running) std::this_thread::yield();
        looking = round;
        while (live.running_status() != RunningStatus::failed) {
        }
        if (live.open_unchanged()) ++entered;
        looked = round;
    }
    operator_of_it.join();
    EXPECT_EQ(entered, 0);
}

TEST_F(LiveServiceTest, AnExceptionIsAStatusAndTheServiceGoesOn) {
    ASSERT_TRUE(start(Json::object()));
    EXPECT_EQ(live.try_call<Fail>().error().id(), "internal_error");
    EXPECT_EQ(live.try_call<Fail>().error().text().find("inside"), std::string::npos);
    EXPECT_EQ(live.call<Name>(), "Thing");
}

TEST_F(LiveServiceTest, TheContextIsRestoredAfterACallAndAfterAnException) {
    ASSERT_TRUE(start(Json::object()));
    EXPECT_EQ(live.call<Name>(), "Thing");
    EXPECT_EQ(current_service(), "");
    EXPECT_FALSE(live.try_call<Fail>());
    EXPECT_EQ(current_service(), "");
}

TEST_F(LiveServiceTest, ACallWaitsForTheOneThatIsInside) {
    ASSERT_TRUE(start(Json::object()));
    ASSERT_TRUE(live.gate().try_enter());
    std::string name;
    std::thread caller{[&] { name = live.call<Name>(); }};
    while (live.gate().queued() == 0) std::this_thread::yield();
    EXPECT_EQ(name, "");

    live.gate().leave();
    caller.join();
    EXPECT_EQ(name, "Thing");
}

} // namespace
} // namespace malla
