// SPDX-License-Identifier: Apache-2.0
// A service's configuration: where it comes from, who may change it, and how it changes while the service runs.
#include "malla/service/live_service.hpp"

#include "malla/base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace malla {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json json(std::string_view text) { return *Json::parse(text); }

// What was replaced stops in the background.
std::mutex journal_mutex;
std::vector<std::string> journal;
void note(std::string what) {
    const std::lock_guard lock{journal_mutex};
    journal.push_back(std::move(what));
}
std::vector<std::string> take() {
    const std::lock_guard lock{journal_mutex};
    return std::exchange(journal, {});
}

struct Ask : Callback<"ask()", std::string()> {};
struct ThingApi : Api<"Thing", Ask> {};

template <class Self>
struct Noted : Plugin {
    void start(const Starting& starting) { note("start " + std::string{Self::id} + " " + *starting.config.dump()); }
    void stop() { note("stop " + std::string{Self::id}); }
};

struct Low : Noted<Low> {
    static constexpr std::string_view id = "Low";
    using Callbacks = malla::Callbacks<Ask>;
    static Json default_config() { return json(R"({"size":1,"list":[1,2],"low":{"a":1,"b":2}})"); }
    Result<Json> config_merge(const Json& config, const Json& update) {
        const Json* more = update.find("list");
        if (!more) return Json::object();
        Json list = config.find("list") ? *config.find("list") : Json::array();
        for (std::size_t i = 0; i < more->size(); ++i) list.push_back(more->at(i));
        return Json::object({{"list", list}});
    }
    Result<void> config(const Json& config) {
        if (config.find("size") && *config.find("size") == Json{0}) return Status{"parameter_invalid", "size"};
        return {};
    }
    Result<Updated> updated(const Json& before, const Json& now) {
        if (*before.find("size") == *now.find("size")) return Updated::applied;
        note("updated Low " + *before.find("size")->dump() + " " + *now.find("size")->dump());
        return Updated::applied;
    }
    std::string on(Ask) { return "low"; }
};

struct High : Noted<High> {
    static constexpr std::string_view id = "High";
    using Depends = malla::Depends<Low>;
    static Json default_config() { return json(R"({"size":2,"high":"x"})"); }
    void config(Json& config) {
        if (config.find("scale")) config.set("size", config.find("scale")->as_integer() * 10);
    }
    Result<Updated> updated(const Json& before, const Json& now) {
        if (*before.find("high") == *now.find("high")) return Updated::applied;
        note("updated High");
        if (*now.find("high") == Json{"fail"}) return Status{"conflict"};
        if (*now.find("high") == Json{"throw"}) throw std::runtime_error{"secret"};
        if (*now.find("high") == Json{"fail to start"}) return Updated::restart;
        return Updated::restart;
    }
    Result<void> start(const Starting& starting) {
        if (*starting.config.find("high") == Json{"fail to start"}) return Status{"conflict", "start"};
        Noted::start(starting);
        return {};
    }
};

struct Thing : Service<ThingApi> {
    using Plugins = malla::Plugins<High>;
};

class Reconfigure : public ::testing::Test {
protected:
    Reconfigure() {
        take();
        before_ = set_log_sink([](LogLevel, std::string_view) noexcept {});
    }
    ~Reconfigure() override {
        live.control().stop();
        set_log_sink(before_);
    }
    Result<void> start(std::string_view config = "{}") {
        ServiceHost host;
        EXPECT_TRUE(host.config.set(ConfigLayer::start, json(config)));
        host.changed = [this] { ++announced; };
        return live.control().start(std::move(host));
    }
    Json config() { return *live.control().config(); }

    LiveService<Thing> live;
    int announced = 0;

private:
    LogSink before_;
};

TEST_F(Reconfigure, MergesTheDefaultsOfAllTypesThoseAboveCountingMore) {
    ASSERT_TRUE(start(R"({"low":{"b":null}})"));
    EXPECT_EQ(config(), json(R"({"size":2,"list":[1,2],"low":{"a":1},"high":"x"})"));
}

TEST_F(Reconfigure, APluginThatRefusesTheConfigurationFailsTheStart) {
    EXPECT_EQ(start(R"({"size":0})").error().id(), "parameter_invalid");
    EXPECT_THAT(take(), IsEmpty()) << "nothing was started";
    EXPECT_EQ(live.running_status(), RunningStatus::failed);
}

TEST_F(Reconfigure, LetsAPluginRewriteTheConfigurationForThoseBelow) {
    ASSERT_TRUE(start(R"({"scale":5})"));
    EXPECT_THAT(take(), ElementsAre(HasSubstr(R"("size":50)"), HasSubstr(R"("size":50)")));
}

TEST_F(Reconfigure, LeavesAloneWhatAPluginMergesByItself) {
    ASSERT_TRUE(start(R"({"list":[3]})"));
    EXPECT_EQ(*config().find("list"), json("[1,2,3]"));
    ASSERT_TRUE(live.control().reconfigure(json(R"({"list":[4]})")));
    EXPECT_EQ(*config().find("list"), json("[1,2,3,4]"));
    ASSERT_TRUE(live.control().reconfigure(json(R"({"list":[5],"size":7})")));
    EXPECT_EQ(*config().find("list"), json("[1,2,3,4,5]"));
    EXPECT_EQ(*config().find("size"), Json{7});
}

TEST_F(Reconfigure, KeepsWhatWasGivenAtTheStartAfterAnUnrelatedUpdate) {
    ASSERT_TRUE(start(R"({"size":7})"));
    ASSERT_TRUE(live.control().reconfigure(json(R"({"other":1})")));
    EXPECT_EQ(*config().find("size"), Json{7});
    std::map<std::string, ConfigLayer> layers;
    for (const auto& value : live.control().config_values()) layers[value.path] = value.layer;
    EXPECT_EQ(layers.at("size"), ConfigLayer::start);
    EXPECT_EQ(layers.at("other"), ConfigLayer::update);
    EXPECT_EQ(layers.at("high"), ConfigLayer::defaults);
}

TEST_F(Reconfigure, TellsThePluginsLowestFirst) {
    ASSERT_TRUE(start());
    take();
    ASSERT_TRUE(live.control().reconfigure(json(R"({"size":5,"high":"y"})")));
    live.control().stop(); // waits for what was replaced
    EXPECT_THAT(take(), ElementsAre("updated Low 2 5", "updated High", HasSubstr("start High"), "stop High",
                                    "stop High", "stop Low"));
}

TEST_F(Reconfigure, RestartsOnlyThePluginThatWantsIt) {
    ASSERT_TRUE(start());
    take();
    const int before = announced;
    ASSERT_TRUE(live.control().reconfigure(json(R"({"high":"y"})")));
    EXPECT_GT(announced, before);
    live.control().stop(); // waits for what was replaced
    EXPECT_THAT(take(), ElementsAre("updated High", HasSubstr(R"("high":"y")"), "stop High", "stop High", "stop Low"));
}

TEST_F(Reconfigure, DoesNothingWhenNothingChanges) {
    ASSERT_TRUE(start());
    take();
    ASSERT_TRUE(live.control().reconfigure(json(R"({"size":2})")));
    EXPECT_THAT(take(), IsEmpty());
}

TEST_F(Reconfigure, ChangesNothingWhenAPluginRefuses) {
    ASSERT_TRUE(start());
    const Json before = config();
    take();
    for (const char* update : {R"({"size":0})", R"([1])"}) EXPECT_FALSE(live.control().reconfigure(json(update)));
    EXPECT_THAT(take(), IsEmpty());
    for (const char* high : {"fail", "throw", "fail to start"}) {
        const auto failed = live.control().reconfigure(Json::object({{"size", 9}, {"high", high}}));
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().info().find("secret"), std::string::npos);
        EXPECT_EQ(config(), before);
        const auto told = take();
        EXPECT_THAT(told, testing::Contains("updated Low 2 9"));
        EXPECT_THAT(told, testing::Contains("updated Low 9 2")) << "it was not told back after " << high;
    }
    EXPECT_EQ(live.running_status(), RunningStatus::running);
    EXPECT_EQ(live.call<Ask>(), "low");
    ASSERT_TRUE(live.control().reconfigure(json(R"({"size":9})")));
    EXPECT_EQ(*config().find("high"), Json{"x"}) << "a failed update was kept";
}

TEST_F(Reconfigure, TakesAValueOutByNull) {
    ASSERT_TRUE(start(R"({"extra":{"a":1,"b":2}})"));
    ASSERT_TRUE(live.control().reconfigure(json(R"({"extra":{"a":null}})")));
    EXPECT_EQ(*config().find("extra"), json(R"({"b":2})"));
}

TEST_F(Reconfigure, ReplacesPluginsAndConfigurationInOneStep) {
    ASSERT_TRUE(start());
    take();
    ASSERT_TRUE(live.control().reconfigure(json(R"({"size":5})"), std::vector<std::string>{"Low"}));
    EXPECT_EQ(live.control().plugins().size(), 3u);
    EXPECT_EQ(*config().find("size"), Json{5});
    EXPECT_EQ(config().find("high"), nullptr) << "the defaults of a plugin that left are gone";
    EXPECT_EQ(live.call<Ask>(), "low");
}

TEST_F(Reconfigure, AServiceAtRestTakesItForItsNextStart) {
    ASSERT_TRUE(start());
    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::inactive));
    take();
    ASSERT_TRUE(live.control().reconfigure(json(R"({"high":"y"})")));
    EXPECT_THAT(take(), IsEmpty());
    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::active));
    EXPECT_THAT(take(), ElementsAre(HasSubstr(R"("high":"y")"), HasSubstr(R"("high":"y")")));
}

} // namespace
} // namespace malla
