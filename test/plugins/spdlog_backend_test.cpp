// SPDX-License-Identifier: Apache-2.0
#include "plugins/spdlog/spdlog_backend.hpp"

#include "malla/service/live_service.hpp"
#include "malla/service/trace_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace malla {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Speak : Callback<"speak()", void()> {};
struct TalkerApi : Api<"Talker", Speak> {};

struct Talker : Service<TalkerApi> {
    using Plugins = malla::Plugins<plugins::SpdlogBackend>;
    void on(Speak) {
        trace::debug("a detail", {{"shop", "north"}});
        trace::info("a word");
        trace::error("a cry");
    }
};

class SpdlogBackendTest : public ::testing::Test {
protected:
    static inline std::string sunk;

    ~SpdlogBackendTest() override {
        live.control().stop();
        set_log_sink(before_);
    }
    Result<void> start(std::string_view config) {
        ServiceHost host;
        if (auto set = host.config.set(ConfigLayer::start, *Json::parse(config)); !set) return set;
        return live.control().start(std::move(host));
    }
    /// What goes to standard error while the service speaks.
    std::string spoken() {
        sunk.clear();
        testing::internal::CaptureStderr();
        live.call<Speak>();
        return testing::internal::GetCapturedStderr();
    }

    LogSink before_ = set_log_sink([](LogLevel, std::string_view line) noexcept { sunk += line; });
    LiveService<Talker> live;
};

TEST_F(SpdlogBackendTest, TakesTheLogsOfItsServiceAtItsOwnLevel) {
    ASSERT_TRUE(start("{}"));
    EXPECT_THAT(spoken(), AllOf(HasSubstr("[info] a word service=Talker"), HasSubstr("[error] a cry"),
                                Not(HasSubstr("a detail"))));
    EXPECT_EQ(sunk, "") << "nothing is left for the sink of the program";

    ASSERT_TRUE(live.control().reconfigure(*Json::parse(R"({"spdlog": {"level": "debug"}})")));
    EXPECT_THAT(spoken(), HasSubstr("[debug] a detail shop=north service=Talker"));
    ASSERT_TRUE(live.control().reconfigure(*Json::parse(R"({"spdlog": {"level": "error"}})")));
    EXPECT_THAT(spoken(), AllOf(Not(HasSubstr("a word")), HasSubstr("a cry")));
}

TEST_F(SpdlogBackendTest, RefusesALevelThatThereIsNot) {
    EXPECT_EQ(start(R"({"spdlog": {"level": "loud"}})").error().info(),
              "spdlog.level: expected one of debug, info, notice, warning, error, got \"loud\"");
    EXPECT_EQ(start(R"({"spdlog": 1})").error().info(), "spdlog: expected an object, got 1");
    ASSERT_TRUE(start(R"({"spdlog": {"level": "warning"}})"));
    EXPECT_EQ(live.control().reconfigure(*Json::parse(R"({"spdlog": {"level": 3}})")).error().id(),
              "parameter_invalid");
    EXPECT_THAT(spoken(), AllOf(Not(HasSubstr("a word")), HasSubstr("a cry")));
}

} // namespace
} // namespace malla
