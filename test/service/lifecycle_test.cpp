// SPDX-License-Identifier: Apache-2.0
// The life of a service whose plugins have children: start, pause, failure, the next attempt, stop.
#include "malla/service/live_service.hpp"

#include "malla/base/log.hpp"
#include "service/stage.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::Notes;
using test::Stage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Ask : Callback<"ask()", std::string()> {};
struct ThingApi : Api<"Thing", Ask> {};

/// What the plugins of one test do and say.
struct Script {
    Stage stage;
    std::mutex mutex;
    std::map<std::string, Status> refuses; ///< plugins whose start fails
    std::atomic<bool> status_hook_throws = false;

    void refuse(const std::string& plugin) {
        const std::lock_guard lock{mutex};
        refuses.insert_or_assign(plugin, Status{"conflict", plugin});
    }
    void allow() {
        const std::lock_guard lock{mutex};
        refuses.clear();
    }
};
std::shared_ptr<Script> script;

struct LogLines {
    static void take(LogLevel level, std::string_view text) noexcept {
        const std::lock_guard lock{mutex};
        lines.emplace_back(level, text);
    }
    /// Of this level.
    static std::vector<std::string> at(LogLevel level) {
        const std::lock_guard lock{mutex};
        std::vector<std::string> some;
        for (const auto& [of, text] : lines)
            if (of == level) some.push_back(text);
        return some;
    }
    static void clear() {
        const std::lock_guard lock{mutex};
        lines.clear();
    }
    static inline std::mutex mutex;
    static inline std::vector<std::pair<LogLevel, std::string>> lines;
};

Child child(const std::string& name) {
    const auto body = [mine = script, inner = script->stage.actor(name).body](const std::stop_token& stop) {
        if (current_service() != "Thing") throw std::runtime_error{"not inside the service"};
        inner(stop);
    };
    return Child::thread(name, body);
}

/// Has a child, or two.
template <class Self>
struct Actor : Plugin {
    Result<Children> start(const Starting&) {
        const std::string name{Self::id};
        script->stage.note("start " + name);
        {
            const std::lock_guard lock{script->mutex};
            if (const auto found = script->refuses.find(name); found != script->refuses.end()) return found->second;
        }
        return Self::children();
    }
    void stop() { script->stage.note("stop " + std::string{Self::id}); }
    void status_changed(RunningStatus status) {
        script->stage.note(std::string{Self::id} + " " + std::string{name_of(status)});
        if (script->status_hook_throws) throw std::runtime_error{"secret"};
    }
};

struct Low : Actor<Low> {
    static constexpr std::string_view id = "low";
    using Callbacks = malla::Callbacks<Ask>;
    static Children children() { return {}; }
    std::string on(Ask) { return "low"; }
};
struct Mid : Actor<Mid> {
    static constexpr std::string_view id = "mid";
    using Depends = malla::Depends<Low>;
    static Children children() { return {.children = {child("one"), child("two")}, .max_restarts = 0}; }
};
struct High : Actor<High> {
    static constexpr std::string_view id = "high";
    using Depends = malla::Depends<Mid>;
    static Children children() { return {.children = {child("three")}}; }
};

struct Thing : Service<ThingApi> {
    using Plugins = malla::Plugins<High>;
};
struct AtRest : Service<ThingApi> {
    static constexpr bool paused = true;
    using Plugins = malla::Plugins<High>;
};

template <class S>
class Lifecycle : public ::testing::Test {
protected:
    Lifecycle() {
        script = std::make_shared<Script>();
        LogLines::clear();
        before_ = set_log_sink(&LogLines::take);
        control().set_limits({.retry = 1ms, .longest_retry = 1ms});
    }
    ~Lifecycle() override {
        control().stop();
        set_log_sink(before_);
    }

    Result<void> start() { return control().start(ServiceHost{}, start_options<S>); }
    ServiceControl& control() { return live.control(); }
    Stage& stage() { return script->stage; }
    /// What happened since the last question. Of two children that begin or crash at once, the order is chance.
    Notes take() {
        auto all = stage().notes();
        Notes since{all.begin() + static_cast<std::ptrdiff_t>(seen_), all.end()};
        seen_ = all.size();
        return since;
    }
    Notes take_without_beginnings() {
        auto all = take();
        std::erase_if(all, [](const std::string& note) { return note.front() == '+'; });
        return all;
    }
    bool comes(const std::string& note) {
        return test::eventually(
            [&] {
                const auto all = stage().notes();
                return std::find(all.begin() + static_cast<std::ptrdiff_t>(seen_), all.end(), note) != all.end();
            },
            60s);
    }
    bool becomes(RunningStatus status) {
        return test::eventually([&] { return live.running_status() == status; }, 60s);
    }

    LiveService<S> live;

private:
    LogSink before_;
    std::size_t seen_ = 0;
};

class LifecycleTest : public Lifecycle<Thing> {};

TEST_F(LifecycleTest, StartsLowestFirstAndTellsOfEachStatusHighestFirst) {
    ASSERT_TRUE(start());
    EXPECT_THAT(take_without_beginnings(),
                ElementsAre("start low", "start mid", "start high", "high running", "mid running", "low running"));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause));
    EXPECT_THAT(take_without_beginnings(),
                ElementsAre("high pausing", "mid pausing", "low pausing", "high paused", "mid paused", "low paused"));
}

TEST_F(LifecycleTest, ChildrenRunInTheServiceAndAreListedWithTheirPlugins) {
    ASSERT_TRUE(start());
    for (const char* name : {"+one", "+two", "+three"}) EXPECT_TRUE(comes(name));
    const auto all = control().children();

    ASSERT_EQ(all.size(), 3u);
    EXPECT_THAT(all[0].plugin, HasSubstr("High"));
    EXPECT_EQ(all[0].child.name, "three");
    EXPECT_THAT(all[1].plugin, HasSubstr("Mid"));
    EXPECT_EQ(all[1].child.name, "one");
    EXPECT_EQ(all[2].child.name, "two");
    EXPECT_TRUE(std::ranges::all_of(all, [](const PluginChild& each) { return each.child.running; }));
}

TEST_F(LifecycleTest, StopsEachPluginBeforeItsChildrenHighestFirst) {
    ASSERT_TRUE(start());
    for (const char* name : {"+one", "+two", "+three"}) ASSERT_TRUE(comes(name));
    take();
    ASSERT_TRUE(control().set_admin_status(AdminStatus::inactive));
    EXPECT_THAT(take(), ElementsAre("high stopping", "mid stopping", "low stopping", "stop high", "-three", "stop mid",
                                    "-two", "-one", "stop low"));
    EXPECT_THAT(control().children(), IsEmpty());
}

TEST_F(LifecycleTest, PausedItsChildrenRunOn) {
    ASSERT_TRUE(start());
    for (const char* name : {"+one", "+two", "+three"}) ASSERT_TRUE(comes(name));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause));
    take();
    EXPECT_EQ(live.try_call<Ask>().error().id(), "paused");
    stage().crash("three"); // one restart is not too much
    EXPECT_TRUE(comes("+three"));
    EXPECT_EQ(live.running_status(), RunningStatus::paused);
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_THAT(take(), ElementsAre("!three", "+three", "high running", "mid running", "low running"));
    EXPECT_EQ(live.call<Ask>(), "low");
}

TEST_F(LifecycleTest, ARapidSequenceOfWishesEndsInTheLast) {
    ASSERT_TRUE(start());
    for (int i = 0; i < 20; ++i)
        for (const auto wish : {AdminStatus::pause, AdminStatus::inactive, AdminStatus::active})
            ASSERT_TRUE(control().set_admin_status(wish));
    EXPECT_EQ(live.running_status(), RunningStatus::running);
    ASSERT_TRUE(control().set_admin_status(AdminStatus::inactive));
    EXPECT_EQ(live.running_status(), RunningStatus::stopped);
}

// Only the plugin that failed is started again; how often the others were is unchanged.
TEST_F(LifecycleTest, AfterAChildCrashedTooOftenOnlyItsPluginIsStartedAgain) {
    ASSERT_TRUE(start());
    for (const char* name : {"+one", "+two", "+three"}) ASSERT_TRUE(comes(name));
    take();
    stage().crash("one");
    ASSERT_TRUE(comes("low running"));
    ASSERT_TRUE(comes("+one"));
    ASSERT_TRUE(comes("+two"));
    EXPECT_THAT(take_without_beginnings(),
                ElementsAre("!one", "-two", "high failed", "mid failed", "low failed", "stop mid", "high starting",
                            "low starting", "start mid", "high running", "mid running", "low running"));
    const auto state = control().state();
    EXPECT_EQ(state.status, RunningStatus::running);
    ASSERT_TRUE(state.last_error);
    EXPECT_EQ(state.last_error->id(), "child_failed");
    EXPECT_THAT(state.last_error->info(), HasSubstr("Mid"));
    EXPECT_TRUE(state.last_error_at);
    EXPECT_EQ(control().children().size(), 3u);
    EXPECT_EQ(live.call<Ask>(), "low");
}

TEST_F(LifecycleTest, FailedItTakesNoCallsAndIsNotReady) {
    control().set_limits({.retry = 1h});
    ASSERT_TRUE(start());
    stage().crash("one");
    ASSERT_TRUE(becomes(RunningStatus::failed));
    EXPECT_EQ(live.try_call<Ask>().error().id(), "service_not_available");
    EXPECT_FALSE(control().ready());
    EXPECT_EQ(control().admin_status(), AdminStatus::active);
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active)) << "the same wish: nothing to do";
    EXPECT_EQ(live.running_status(), RunningStatus::failed);
}

// The attempt after a child's failure fails itself: then all have been stopped, and the next one starts all.
TEST_F(LifecycleTest, WhatAFailedAttemptStoppedIsStartedByTheNextOne) {
    ASSERT_TRUE(start());
    for (const char* name : {"+one", "+two", "+three"}) ASSERT_TRUE(comes(name));
    take();
    script->refuse("mid");
    stage().crash("one");
    ASSERT_TRUE(comes("stop low")) << "the attempt failed";
    EXPECT_EQ(live.try_call<Ask>().error().id(), "service_not_available");
    EXPECT_THAT(control().children(), IsEmpty());
    script->allow();
    ASSERT_TRUE(comes("low running"));
    for (const char* name : {"+one", "+two", "+three"}) ASSERT_TRUE(comes(name));
    auto happened = take_without_beginnings();
    const Notes first{"!one",          "-two",         "high failed", "mid failed", "low failed", "stop mid",
                      "high starting", "low starting", "start mid",   "stop high",  "-three",     "stop low"};
    ASSERT_GE(happened.size(), first.size());
    EXPECT_EQ(Notes(happened.begin(), happened.begin() + static_cast<std::ptrdiff_t>(first.size())), first);
    const Notes last{"start low", "start mid", "start high", "high running", "mid running", "low running"};
    EXPECT_EQ(Notes(happened.end() - static_cast<std::ptrdiff_t>(last.size()), happened.end()), last);
    EXPECT_EQ(live.running_status(), RunningStatus::running);
    EXPECT_EQ(live.call<Ask>(), "low");
}

TEST_F(LifecycleTest, AFailedStartStopsOnlyWhatWasStartedHighestFirst) {
    control().set_limits({.retry = 1h});
    script->refuse("high");

    EXPECT_EQ(start().error().id(), "conflict");

    auto happened = take_without_beginnings();
    std::erase_if(happened, [](const std::string& note) { return note.front() == '-'; });
    EXPECT_THAT(happened, ElementsAre("start low", "start mid", "start high", "stop mid", "stop low"))
        << "straight to failed";
    const auto state = control().state();
    EXPECT_EQ(state.status, RunningStatus::failed);
    EXPECT_EQ(state.last_error->info(), "high");
    EXPECT_THAT(control().children(), IsEmpty());
}

TEST_F(LifecycleTest, AChildThatCannotBeStartedFailsTheStart) {
    struct NoSuchProgram : Plugin {
        Children start(const Starting&) { return {.children = {Child::process("none", {"/no/such/program"})}}; }
        void stop() { script->stage.note("stop NoSuchProgram"); }
    };
    control().set_limits({.retry = 1h});
    ASSERT_TRUE(start());
    take();
    const OfferedPlugin offer{&plugin_type<NoSuchProgram>, nullptr};

    const auto added = control().add_plugin(plugin_info<NoSuchProgram>.name, {&offer, 1});

    ASSERT_FALSE(added);
    EXPECT_THAT(added.error().info(), HasSubstr("child 'none'"));
    EXPECT_TRUE(comes("stop NoSuchProgram"));
    EXPECT_EQ(live.running_status(), RunningStatus::running);
    EXPECT_EQ(control().plugins().size(), 5u);
}

TEST_F(LifecycleTest, AFailureIsKeptToItsService) {
    LiveService<Thing> other;
    for (auto* control : {&live.control(), &other.control()}) control->set_limits({.retry = 1h});
    ASSERT_TRUE(start());
    ASSERT_TRUE(other.control().start(ServiceHost{}));
    Notes both;
    ASSERT_TRUE(test::eventually([&] { return std::ranges::count(both = stage().notes(), "+one") == 2; }));
    stage().crash("one"); // one of the two
    ASSERT_TRUE(test::eventually([&] {
        return live.running_status() == RunningStatus::failed || other.running_status() == RunningStatus::failed;
    }));
    const bool here = live.running_status() == RunningStatus::failed;
    EXPECT_EQ((here ? other : live).call<Ask>(), "low");
    other.control().stop();
}

TEST_F(LifecycleTest, StateTellsTheReasonAndTheTimes) {
    const auto begin = std::chrono::system_clock::now();
    ASSERT_TRUE(start());
    auto state = control().state();
    EXPECT_EQ(state.reason, "init");
    EXPECT_FALSE(state.last_error);
    EXPECT_FALSE(state.last_error_at);
    EXPECT_GE(state.status_at, begin);
    EXPECT_LE(state.status_at, std::chrono::system_clock::now());
    const auto started_at = state.status_at;

    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause, "new release"));
    state = control().state();
    EXPECT_EQ(state.reason, "new release");
    EXPECT_GT(state.status_at, started_at);
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause, "again"));
    EXPECT_EQ(control().state().reason, "new release") << "nothing happened";
    EXPECT_EQ(control().state().status_at, state.status_at);
}

TEST_F(LifecycleTest, StorageOutlivesInactivity) {
    ASSERT_TRUE(start());
    ASSERT_TRUE(live.storage().put("key", 1));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::inactive));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_EQ(live.storage().get("key"), 1);
}

TEST_F(LifecycleTest, ChildrenMayBeListedWhileTheyComeAndGo) {
    ASSERT_TRUE(start());
    std::atomic<bool> done = false;
    std::atomic<int> looks = 0;
    std::thread looker{[&] {
        while (!done) {
            for (const auto& each : control().children()) EXPECT_FALSE(each.child.name.empty());
            ++looks;
        }
    }};
    for (int i = 0; i < 50; ++i) {
        const int before = looks;
        EXPECT_TRUE(control().set_admin_status(i % 2 == 0 ? AdminStatus::inactive : AdminStatus::active));
        while (looks == before) std::this_thread::yield();
    }
    done = true;
    looker.join();
}

TEST_F(LifecycleTest, AStatusHookThatThrowsIsLoggedAndChangesNothing) {
    script->status_hook_throws = true;
    ASSERT_TRUE(start());
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause));
    EXPECT_EQ(live.running_status(), RunningStatus::paused);
    EXPECT_EQ(LogLines::at(LogLevel::warning).size(), 9u) << "three plugins: running, pausing, paused";
}

TEST_F(LifecycleTest, ASilentServiceLogsItsFailuresOnly) {
    control().set_limits({.retry = 1h});
    ASSERT_TRUE(control().start(ServiceHost{}, {.silent = true}));
    EXPECT_THAT(LogLines::at(LogLevel::info), IsEmpty());
    stage().crash("one");
    ASSERT_TRUE(becomes(RunningStatus::failed));
    EXPECT_THAT(LogLines::at(LogLevel::warning), ::testing::Contains(HasSubstr("service Thing failed")));
    LiveService<Thing> other;
    ASSERT_TRUE(other.control().start(ServiceHost{}));
    EXPECT_THAT(LogLines::at(LogLevel::info), ElementsAre("service Thing is starting", "service Thing is running"));
    other.control().stop();
}

TEST_F(LifecycleTest, WhatANodeRemembersOutlivesTheService) {
    ConfigStore of_the_node;
    for (int expected = 1; expected <= 2; ++expected) {
        LiveService<Thing> one;
        ServiceHost host;
        host.node_store = &of_the_node;
        ASSERT_TRUE(one.control().start(std::move(host)));
        if (expected == 1) {
            ASSERT_TRUE(of_the_node.put("domain", "starts", 0));
        }
        EXPECT_EQ(*of_the_node.increment("domain", "starts"), Json{expected});
        one.control().stop();
    }
}

// Best of several tries: others use the machine too.
TEST_F(LifecycleTest, StatusAndConfigurationAreReadTenThousandTimesASecond) {
    ASSERT_TRUE(start());
    const auto reads_in_time = [&] {
        const auto begin = Clock::now();
        for (int i = 0; i < 1000; ++i) {
            EXPECT_EQ(control().state().status, RunningStatus::running);
            EXPECT_TRUE(control().config());
        }
        return Clock::now() - begin < 100ms;
    };
    EXPECT_TRUE(test::eventually(reads_in_time));
}

class AtRestTest : public Lifecycle<AtRest> {};

TEST_F(AtRestTest, StartsItsPluginsWhenItIsResumed) {
    ASSERT_TRUE(start());
    EXPECT_EQ(live.running_status(), RunningStatus::paused);
    EXPECT_EQ(control().admin_status(), AdminStatus::pause);
    EXPECT_THAT(take(), IsEmpty());
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause, "again"));
    EXPECT_EQ(control().state().reason, "init") << "it was paused already";
    EXPECT_THAT(take(), IsEmpty());
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_THAT(take_without_beginnings(),
                ElementsAre("start low", "start mid", "start high", "high running", "mid running", "low running"));
    EXPECT_EQ(live.call<Ask>(), "low");
}

TEST_F(AtRestTest, TakesAChangeWithoutStartingAnything) {
    ASSERT_TRUE(start());
    ASSERT_TRUE(control().set_plugins(std::vector<std::string>{"Mid"}));
    EXPECT_THAT(take(), IsEmpty());
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_THAT(take_without_beginnings(), ElementsAre("start low", "start mid", "mid running", "low running"));
}

TEST_F(AtRestTest, StopsWithoutStopOfWhatNeverStarted) {
    ASSERT_TRUE(start());
    control().stop();
    EXPECT_THAT(take(), IsEmpty());
    EXPECT_EQ(live.running_status(), RunningStatus::stopped);
}

} // namespace
} // namespace malla
