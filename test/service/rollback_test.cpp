// SPDX-License-Identifier: Apache-2.0
// A change that fails, whatever fails in it and however, leaves the service as it was.
#include "malla/service/live_service.hpp"

#include "malla/base/log.hpp"
#include "service/stage.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum class Trouble { error, exception, hang };
constexpr std::array troubles{Trouble::error, Trouble::exception, Trouble::hang};

/// Makes hooks fail.
class Mischief {
public:
    /// Before each case; nothing hangs any more.
    void reset() {
        const std::lock_guard lock{mutex_};
        troubles_.clear();
        met_.clear();
        returned_ = 0;
        open_ = false;
    }
    void arm(const std::string& hook, Trouble how) {
        const std::lock_guard lock{mutex_};
        troubles_[hook] = how;
    }
    /// Each hook begins with this. `late` runs when one that was to fail goes on.
    Result<void> at(const std::string& hook, const std::function<void()>& late = {}) {
        std::unique_lock lock{mutex_};
        const auto found = troubles_.find(hook);
        if (found == troubles_.end()) return {};
        const Trouble how = found->second;
        met_.push_back(hook);
        if (how == Trouble::hang) changed_.wait(lock, [this] { return open_; });
        lock.unlock();
        if (late) late();
        lock.lock();
        ++returned_;
        changed_.notify_all();
        if (how == Trouble::exception) throw std::runtime_error{"secret"};
        return Status{"conflict", "told to"};
    }
    /// Lets what hangs go on, and waits until all have.
    void let_go() {
        std::unique_lock lock{mutex_};
        open_ = true;
        changed_.notify_all();
        EXPECT_TRUE(changed_.wait_for(lock, 60s, [this] { return returned_ == met_.size(); }));
    }
    /// The hooks that were to fail and came.
    std::vector<std::string> met() {
        const std::lock_guard lock{mutex_};
        return met_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, Trouble> troubles_;
    std::vector<std::string> met_;
    std::size_t returned_ = 0;
    bool open_ = false;
};
Mischief mischief;
test::Stage stage;
bool kept_wants_restart = false;

/// Numbers the objects of a type and counts those that live.
class Objects {
public:
    int add(const std::string& type) {
        const std::lock_guard lock{mutex_};
        ++alive_[type];
        return ++last_;
    }
    void remove(const std::string& type) {
        const std::lock_guard lock{mutex_};
        --alive_[type];
    }
    int alive(const std::string& type) {
        const std::lock_guard lock{mutex_};
        return alive_[type];
    }

private:
    std::mutex mutex_;
    std::map<std::string, int> alive_;
    int last_ = 0;
};
Objects objects;

struct LogLines {
    static void take(LogLevel, std::string_view text) noexcept {
        const std::lock_guard lock{mutex};
        lines.emplace_back(text);
    }
    static void clear() {
        const std::lock_guard lock{mutex};
        lines.clear();
    }
    static bool have(std::string_view part) {
        const std::lock_guard lock{mutex};
        return std::ranges::any_of(lines, [&](const auto& line) { return line.find(part) != std::string::npos; });
    }
    static inline std::mutex mutex;
    static inline std::vector<std::string> lines;
};

struct Ask : Callback<"ask(text)", std::string(std::string)> {};
struct Extra : Callback<"extra()", int()> {};
struct ThingApi : Api<"Thing", Ask> {};

/// Has all hooks, and leaves traces wherever it can.
template <class Self>
struct Actor : Plugin {
    Actor() {
        if (!mischief.at(hook("constructor"))) throw std::runtime_error{"secret"};
    }
    static Json default_config() {
        if (!mischief.at(hook("default_config"))) return Json::array();
        return Json::object({{Self::id, "default"}});
    }
    Result<Json> config_merge(const Json&, const Json&) {
        if (auto done = mischief.at(hook("config_merge")); !done) return done.error();
        return Json::object();
    }
    Result<void> config(const Json&) { return mischief.at(hook("config")); }
    Result<Updated> updated(const Json&, const Json& now) {
        if (auto done = mischief.at(hook("updated")); !done) return done.error();
        config_ = *now.dump();
        return Self::restarts() ? Updated::restart : Updated::applied;
    }
    Result<Children> start(const Starting& starting) {
        leave_traces(starting, "early");
        const auto late = [&] { leave_traces(starting, "late"); };
        if (auto done = mischief.at(hook("start"), late); !done) return done.error();
        config_ = *starting.config.dump();
        return Children{{stage.actor(std::string{Self::id})}};
    }
    void stop() { (void)mischief.at(hook("stop")); }

protected:
    [[nodiscard]] std::string text() const {
        return " " + std::string{Self::id} + "#" + std::to_string(number_.value) + config_;
    }
    static bool restarts() { return false; }

private:
    struct Number {
        Number() : value{objects.add(std::string{Self::id})} {}
        ~Number() { objects.remove(std::string{Self::id}); }
        Number(const Number&) = delete;
        Number& operator=(const Number&) = delete;
        int value;
    };
    static std::string hook(const std::string& name) { return std::string{Self::id} + "." + name; }
    void leave_traces(const Starting& starting, const std::string& when) {
        const std::string name = std::string{Self::id} + " " + when;
        (void)starting.storage.put(name, 1);
        (void)starting.storage.put("shared", name);
        (void)starting.storage.erase("erased");
        registrations_.push_back(starting.registry.store("entries", name));
        if (auto named = starting.registry.register_name(name, 1)) registrations_.push_back(*std::move(named));
    }

    Number number_;
    std::string config_;
    std::vector<Registration> registrations_;
};

struct Kept : Actor<Kept> {
    static constexpr std::string_view id = "Kept";
    using Callbacks = malla::Callbacks<Ask>;
    std::string on(Ask, std::string asked) { return asked + text(); }
    static bool restarts() { return kept_wants_restart; }
};
struct Leaves : Actor<Leaves> {
    static constexpr std::string_view id = "Leaves";
    using Callbacks = malla::Callbacks<Ask>;
    Flow<Ask> on(Ask, std::string asked) { return cont_with(asked + text()); }
};
struct Below : Actor<Below> {
    static constexpr std::string_view id = "Below";
    using Callbacks = malla::Callbacks<Ask>;
    Flow<Ask> on(Ask, std::string asked) { return cont_with(asked + text()); }
};
struct New : Actor<New> {
    static constexpr std::string_view id = "New";
    using Depends = malla::Depends<Below>;
    using Callbacks = malla::Callbacks<Ask, Extra>;
    using Exports = malla::Callbacks<Extra>;
    Flow<Ask> on(Ask, std::string asked) { return cont_with(asked + text()); }
    int on(Extra) { return 42; }
};
constexpr ExportedCallback extra{live_callback<Extra>, false, [] { return std::string{"{}"}; }, nullptr};
constexpr PluginType new_type{plugin_type<New>.info, plugin_type<New>.hooks, {&extra, 1}, plugin_type<New>.make};

struct Serial : Service<ThingApi> {
    using Plugins = malla::Plugins<Kept>;
};
struct Concurrent : Service<ThingApi> {
    static constexpr bool concurrent = true;
    using Plugins = malla::Plugins<Kept>;
};

/// All that can be seen of a service, a line for each thing.
template <class S>
std::vector<std::string> probe(LiveService<S>& live) {
    ServiceControl& control = live.control();
    std::vector<std::string> seen{
        "config " + *control.config()->dump(), "status " + std::string{name_of(control.state().status)},
        "admin " + std::string{name_of(control.admin_status())}, "answer " + live.template call<Ask>("")};
    for (const auto& each : control.plugins()) seen.push_back("plugin " + each.name + (each.listed ? " listed" : ""));
    for (const char* callback : {"ask", "extra"})
        for (const auto& each : control.explain(callback)) seen.push_back(callback + (" by " + each.plugin));
    for (const auto& each : control.exports()) seen.push_back("export " + each.name);
    for (const auto& [path, value, layer] : control.config_values())
        seen.push_back("value " + path + " " + *value.dump() + " of " + std::string{name_of(layer)});
    for (const auto& [key, value] : live.storage().content()) seen.push_back("stored " + key + " " + *value.dump());
    for (const auto& tag : live.registry().tags("entries")) seen.push_back("entry " + *tag.dump());
    for (const char* name : {"Kept early", "Below early", "New early", "New late"})
        if (live.registry().lookup_tag(name)) seen.push_back(std::string{"named "} + name);
    for (const auto& [plugin, child] : control.children())
        seen.push_back("child of " + plugin + (child.running ? " runs" : ""));
    return seen;
}

/// A service with what its host hears of it.
template <class S>
struct Hosted {
    /// `met`: what its hooks are to meet later.
    explicit Hosted(Trouble met = Trouble::error) {
        if (met == Trouble::hang) live.control().set_limits({.hook = 500ms});
        ServiceHost host;
        EXPECT_TRUE(host.config.set(ConfigLayer::start, Json::object({{"given", 1}})));
        host.offers = [] {
            return std::vector<OfferedPlugin>{
                {&new_type, nullptr}, {&plugin_type<Below>, nullptr}, {&plugin_type<Leaves>, nullptr}};
        };
        host.changed = [this] { announced.push_back(probe_announced()); };
        EXPECT_TRUE(live.storage().put("erased", "before"));
        EXPECT_TRUE(live.storage().put("shared", "before", 1h));
        EXPECT_TRUE(live.control().start(std::move(host)));
        EXPECT_TRUE(live.control().add_plugin("Leaves"));
    }
    ~Hosted() {
        mischief.let_go();
        live.control().stop();
    }
    Hosted(const Hosted&) = delete;
    Hosted& operator=(const Hosted&) = delete;

    std::string probe_announced() {
        std::string all{name_of(live.control().state().status)};
        for (const auto& each : live.control().plugins()) all += " " + each.name;
        for (const auto& each : live.control().exports()) all += " " + each.name;
        return all;
    }

    LiveService<S> live;
    std::vector<std::string> announced;
};

using Change = std::function<Result<void>(ServiceControl&)>;
const std::vector<std::string> new_list{"New", "Kept"};
const Change add = [](ServiceControl& control) {
    return control.add_plugin("New", {}, Json::object({{"added", true}}));
};
const Change remove = [](ServiceControl& control) { return control.remove_plugin("Leaves"); };
const Change set = [](ServiceControl& control) { return control.set_plugins(new_list); };
const Change reconfigure = [](ServiceControl& control) {
    return control.reconfigure(Json::object({{"changed", true}}), new_list);
};
const Change update = [](ServiceControl& control) { return control.reconfigure(Json::object({{"changed", true}})); };

template <class S>
class RollbackTest : public ::testing::Test {
protected:
    RollbackTest() {
        mischief.reset();
        kept_wants_restart = false;
        LogLines::clear();
        before_ = set_log_sink(&LogLines::take);
    }
    ~RollbackTest() override { set_log_sink(before_); }

    /// Each hook fails in each way, in a service of its own.
    static void fails_without_trace(const Change& change, const std::vector<std::string>& hooks) {
        for (const auto& hook : hooks)
            for (const Trouble trouble : troubles) {
                static constexpr std::array names{"fails", "throws", "hangs"};
                SCOPED_TRACE(hook + " " + names.at(static_cast<std::size_t>(trouble)));
                mischief.reset();
                Hosted<S> hosted{trouble};
                fails_once(hosted, change, hook, trouble);
                mischief.reset();
                const auto succeeds = [&] { return static_cast<bool>(change(hosted.live.control())); };
                EXPECT_TRUE(test::eventually(succeeds)) << "it cannot be done any more";
            }
    }

    static void fails_once(Hosted<S>& hosted, const Change& change, const std::string& hook, Trouble trouble) {
        ServiceControl& control = hosted.live.control();
        const auto before = probe(hosted.live);
        const auto announced = hosted.announced;
        const bool hangs = trouble == Trouble::hang;
        mischief.arm(hook, trouble);

        const auto done = change(control);

        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().id(), expected(hook, trouble));
        EXPECT_THAT(done.error().text(), ::testing::Not(HasSubstr("secret")));
        EXPECT_THAT(mischief.met(), Contains(hook));
        EXPECT_EQ(probe(hosted.live), before);
        EXPECT_EQ(hosted.announced, announced);
        EXPECT_EQ(control.state().abandoned, hangs ? std::vector{hook} : std::vector<std::string>{});
        const std::string type = hook.substr(0, hook.find('.'));
        const int alive = objects.alive(type);
        mischief.let_go();
        EXPECT_EQ(probe(hosted.live), before) << "a hook that was left behind had an effect";
        if (!hook.ends_with("constructor")) {
            EXPECT_EQ(objects.alive(type), alive);
        }
    }

    static std::string_view expected(const std::string& hook, Trouble trouble) {
        if (trouble == Trouble::hang) return "timeout";
        if (trouble == Trouble::exception || hook.ends_with("constructor")) return "internal_error";
        return hook.ends_with("default_config") ? "parameter_invalid" : "conflict";
    }

private:
    LogSink before_;
};

using BothKinds = ::testing::Types<Serial, Concurrent>;
TYPED_TEST_SUITE(RollbackTest, BothKinds);

const std::vector<std::string> of_the_kept{"Kept.default_config", "Kept.config_merge", "Kept.config", "Kept.updated"};
const std::vector<std::string> of_the_new{"New.constructor",   "New.default_config", "New.config_merge", "New.config",
                                          "Below.constructor", "Below.config",       "Below.start",      "New.start"};

TYPED_TEST(RollbackTest, AddingAPluginLeavesNoTraceWhenItsOwnHooksFail) { this->fails_without_trace(add, of_the_new); }

TYPED_TEST(RollbackTest, AddingAPluginLeavesNoTraceWhenAHookOfAnotherFails) {
    this->fails_without_trace(add, of_the_kept);
}

TYPED_TEST(RollbackTest, RemovingAPluginLeavesNoTraceWhenAHookOfAnotherFails) {
    this->fails_without_trace(remove, of_the_kept);
}

TYPED_TEST(RollbackTest, SettingThePluginsLeavesNoTraceWhenAHookFails) {
    this->fails_without_trace(set, of_the_new);
    this->fails_without_trace(set, of_the_kept);
}

TYPED_TEST(RollbackTest, AnUpdateWithOtherPluginsLeavesNoTraceWhenAHookFails) {
    this->fails_without_trace(reconfigure, of_the_new);
    this->fails_without_trace(reconfigure, of_the_kept);
}

TYPED_TEST(RollbackTest, AnUpdateLeavesNoTraceWhenAHookFails) {
    this->fails_without_trace(update, {"Leaves.config_merge", "Leaves.config", "Leaves.updated"});
    this->fails_without_trace(update, of_the_kept);
}

TYPED_TEST(RollbackTest, APluginThatCannotBeStartedAnewStaysAsItWas) {
    kept_wants_restart = true;
    for (const Change& change : {add, remove, set, reconfigure, update})
        this->fails_without_trace(change, {"Kept.constructor", "Kept.start"});
}

// Its object is destroyed unless a hook of it hangs.
TYPED_TEST(RollbackTest, ThePluginThatWasNotAddedIsGoneUnlessItHangs) {
    for (const Trouble trouble : troubles) {
        mischief.reset();
        Hosted<TypeParam> hosted{trouble};
        const int before = objects.alive("New");
        const int below = objects.alive("Below");
        this->fails_once(hosted, add, "New.start", trouble);
        EXPECT_EQ(objects.alive("New") - before, trouble == Trouble::hang ? 1 : 0);
        EXPECT_EQ(objects.alive("Below"), below);
    }
}

TYPED_TEST(RollbackTest, ThePluginsAreBackThoughWhatWasStartedDoesNotStop) {
    for (const Trouble trouble : {Trouble::exception, Trouble::hang}) {
        mischief.reset();
        Hosted<TypeParam> hosted{trouble};
        const auto before = probe(hosted.live);
        mischief.arm("New.start", Trouble::error);
        mischief.arm("Below.stop", trouble);

        EXPECT_EQ(add(hosted.live.control()).error().id(), "conflict") << "not the reason";

        EXPECT_THAT(mischief.met(), ElementsAre("New.start", "Below.stop"));
        EXPECT_EQ(probe(hosted.live), before);
        EXPECT_TRUE(LogLines::have("Below did not stop well"));
    }
}

TYPED_TEST(RollbackTest, APluginThatDoesNotStopWellLeavesAllTheSame) {
    for (const Change& change : {remove, set, reconfigure})
        for (const Trouble trouble : {Trouble::exception, Trouble::hang}) {
            mischief.reset();
            LogLines::clear();
            Hosted<TypeParam> hosted{trouble};
            ServiceControl& control = hosted.live.control();
            const int before = objects.alive("Leaves");
            mischief.arm("Leaves.stop", trouble);

            EXPECT_TRUE(change(control));

            EXPECT_TRUE(test::eventually([] { return LogLines::have("Leaves did not stop well"); }));
            EXPECT_THAT(hosted.live.template call<Ask>("x"), ::testing::Not(HasSubstr("Leaves")));
            mischief.let_go();
            control.stop(); // waits for what left
            if (trouble == Trouble::hang) {
                EXPECT_THAT(control.state().abandoned, ElementsAre("Leaves.stop"));
                EXPECT_EQ(objects.alive("Leaves"), before);
            } else {
                EXPECT_THAT(control.state().abandoned, IsEmpty());
                EXPECT_EQ(objects.alive("Leaves"), before - 1);
            }
        }
}

TYPED_TEST(RollbackTest, WhatOnesStartStoredStaysWhenTheChangeSucceeds) {
    Hosted<TypeParam> hosted;

    ASSERT_TRUE(add(hosted.live.control()));

    EXPECT_EQ(hosted.live.storage().get("shared"), "New early");
    EXPECT_EQ(hosted.live.storage().get("erased"), std::nullopt);
    EXPECT_THAT(hosted.live.registry().tags("entries"),
                ElementsAre(Json{"Kept early"}, Json{"Leaves early"}, Json{"Below early"}, Json{"New early"}));
    EXPECT_EQ(hosted.announced.size(), 4u) << "starting, running, and two changes";
    EXPECT_THAT(hosted.announced.back(), HasSubstr("extra"));
}

} // namespace
} // namespace malla
