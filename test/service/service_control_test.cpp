// SPDX-License-Identifier: Apache-2.0
#include "malla/service/service_control.hpp"

#include "malla/base/log.hpp"
#include "malla/service/live_service.hpp"
#include "support/barrier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What hooks and handlers did, for a test to wait for.
class Journal {
public:
    void add(std::string entry) {
        const std::lock_guard lock{mutex_};
        entries_.push_back(std::move(entry));
        changed_.notify_all();
    }
    bool wait_for(const std::string& entry) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 60s, [&] { return std::ranges::find(entries_, entry) != entries_.end(); });
    }
    std::vector<std::string> take() {
        const std::lock_guard lock{mutex_};
        return std::exchange(entries_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> entries_;
};
Journal journal;

malla::test::Barrier barrier;

struct Ask : Callback<"ask(text)", std::string(std::string)> {};
struct Wait : Callback<"wait()", std::string()> {};
struct ThingApi : Api<"Thing", Ask, Wait> {};

template <class Self>
struct Logged : Plugin {
    Result<void> start(const Starting&) {
        journal.add("start " + std::string{Self::id});
        return {};
    }
    void stop() { journal.add("stop " + std::string{Self::id}); }
};

struct Answers : Logged<Answers> {
    static constexpr std::string_view id = "Answers";
    using Callbacks = malla::Callbacks<Ask, Wait>;
    std::string on(Ask, std::string text) { return text + "."; }
    std::string on(Wait) {
        journal.add("waits");
        barrier.pass();
        return "old";
    }
};

struct Below : Logged<Below> {
    static constexpr std::string_view id = "Below";
    using Depends = malla::Depends<Optional<Answers>>;
    using Callbacks = malla::Callbacks<Ask>;
    Flow<Ask> on(Ask, std::string text) { return cont_with(text + " below"); }
};
struct Upper : Logged<Upper> {
    static constexpr std::string_view id = "Upper";
    using Depends = malla::Depends<Below>;
    using Callbacks = malla::Callbacks<Ask, Wait>;
    Flow<Ask> on(Ask, std::string text) { return cont_with(text + " upper"); }
    Flow<Wait> on(Wait) { return "new"; }
};
struct Fails : Plugin {
    Result<void> start(const Starting&) { return Status{"field_invalid", "it"}; }
    void stop() { journal.add("stop Fails"); }
};
struct Throws : Plugin {
    using Depends = malla::Depends<Below>;
    Result<void> start(const Starting&) { throw std::runtime_error{"secret"}; }
};
struct Hangs : Plugin {
    Result<void> start(const Starting&) {
        barrier.pass();
        journal.add("hook returned");
        return {};
    }
    ~Hangs() { journal.add("Hangs is destroyed"); }
};
struct Watches : Plugin {
    void status_changed(RunningStatus status) { journal.add("status " + std::string{name_of(status)}); }
    bool ready() { return is_ready; }
    bool drain() { return is_drained; }
    static inline std::atomic<bool> is_ready = true;
    static inline std::atomic<bool> is_drained = true;
};
struct Sometimes : Plugin {
    Result<void> start(const Starting&) {
        if (works) return {};
        return Status{"conflict"};
    }
    static inline std::atomic<bool> works = true;
};
struct Note : Callback<"note(text)", std::string(std::string)> {
    static std::string default_answer(std::string text) { return text; }
};
struct Notes : Plugin {
    using Callbacks = malla::Callbacks<Note>;
    Flow<Note> on(Note, std::string text) {
        if (text == "wait") {
            journal.add("notes");
            barrier.pass();
        }
        if (text == "throw") throw std::runtime_error{"secret"};
        return cont_with(text + " in " + std::string{current_service()});
    }
    void stop() { journal.add("stop Notes"); }
};
struct CircleA : Plugin {
    using Depends = malla::Depends<struct CircleB>;
};
struct CircleB : Plugin {
    using Depends = malla::Depends<CircleA>;
};

struct Serial : Service<ThingApi> {
    using Plugins = malla::Plugins<Answers>;
};
struct Concurrent : Service<ThingApi> {
    static constexpr bool concurrent = true;
    using Plugins = malla::Plugins<Answers>;
};
struct WatchedThing : Service<ThingApi> {
    using Plugins = malla::Plugins<Watches, Sometimes, Answers>;
};

template <class S>
class ControlTest : public ::testing::Test {
protected:
    ControlTest() {
        barrier.open();
        journal.take();
        before_ = set_log_sink([](LogLevel, std::string_view) noexcept {});
    }
    ~ControlTest() override {
        barrier.open();
        control().stop();
        set_log_sink(before_);
    }

    Result<void> start() {
        ServiceHost host;
        host.offers = [] {
            return std::vector<OfferedPlugin>{{&plugin_type<Below>, nullptr},   {&plugin_type<Upper>, nullptr},
                                              {&plugin_type<Fails>, nullptr},   {&plugin_type<Throws>, nullptr},
                                              {&plugin_type<Hangs>, nullptr},   {&plugin_type<CircleA>, nullptr},
                                              {&plugin_type<CircleB>, nullptr}, {&plugin_type<Notes>, nullptr}};
        };
        host.changed = [this] { ++changes; };
        return control().start(std::move(host));
    }
    ServiceControl& control() { return live.control(); }
    std::vector<std::string> names() {
        std::vector<std::string> all;
        for (const auto& each : control().plugins()) all.push_back(each.name.substr(each.name.rfind(':') + 1));
        return all;
    }
    std::string ask() { return live.template call<Ask>("x"); }

    LiveService<S> live;
    std::atomic<int> changes = 0;

private:
    LogSink before_;
};

using BothKinds = ::testing::Types<Serial, Concurrent>;
template <class S>
class ChangeTest : public ControlTest<S> {};
TYPED_TEST_SUITE(ChangeTest, BothKinds);

TYPED_TEST(ChangeTest, AddsAPluginWithWhatItNeedsAndTakesBothOutAgain) {
    ASSERT_TRUE(this->start());
    journal.take();
    ASSERT_TRUE(this->control().add_plugin("Upper"));
    EXPECT_THAT(journal.take(), ElementsAre("start Below", "start Upper"));
    EXPECT_EQ(this->ask(), "x upper below.");
    EXPECT_THAT(this->names(), ::testing::Contains("Upper"));
    EXPECT_THAT(this->names()[1], "Upper");
    ASSERT_TRUE(this->control().add_plugin("Upper")); // nothing to do
    EXPECT_THAT(journal.take(), ElementsAre());

    ASSERT_TRUE(this->control().remove_plugin("Upper"));
    EXPECT_EQ(this->ask(), "x.");
    ASSERT_TRUE(journal.wait_for("stop Below"));
    EXPECT_THAT(journal.take(), ElementsAre("stop Upper", "stop Below"));
}

TYPED_TEST(ChangeTest, TellsAllThatIsKnownOfTheServiceInOneAnswer) {
    ASSERT_TRUE(this->start());
    const ServiceInfo info = this->control().info();
    EXPECT_EQ(info.name, this->live.name());
    EXPECT_EQ(info.version, this->live.version());
    EXPECT_EQ(info.concurrent, this->live.concurrent());
    EXPECT_EQ(info.state.status, RunningStatus::running);
    EXPECT_EQ(info.plugins.size(), this->control().plugins().size());
    EXPECT_THAT(info.callbacks, testing::IsSupersetOf({"ask", "wait"}));
    EXPECT_EQ(*info.config, *this->control().config());
}

TYPED_TEST(ChangeTest, ItsHashFollowsTheChainAndTheConfiguration) {
    ASSERT_TRUE(this->start());
    const auto hash = [this] { return this->control().info().hash; };
    const auto first = hash();
    EXPECT_EQ(hash(), first);
    ASSERT_TRUE(this->control().add_plugin("Upper"));
    EXPECT_NE(hash(), first);
    ASSERT_TRUE(this->control().remove_plugin("Upper"));
    EXPECT_EQ(hash(), first);
    ASSERT_TRUE(this->control().reconfigure(Json::object({{"x", 1}})));
    EXPECT_NE(hash(), first);
}

TYPED_TEST(ChangeTest, ReplacesTheWholeListAtOnce) {
    ASSERT_TRUE(this->start());
    const std::string names[]{"Upper"};
    ASSERT_TRUE(this->control().set_plugins(names));
    EXPECT_EQ(this->live.template try_call<Ask>("x").error().id(), "not_implemented");
    ASSERT_TRUE(journal.wait_for("stop Answers"));
    const std::string others[]{"Answers", "Below"};
    ASSERT_TRUE(this->control().set_plugins(others));
    EXPECT_EQ(this->ask(), "x below.") << "one that comes back is a new object";
    ASSERT_TRUE(this->control().set_plugins({}));
    EXPECT_EQ(this->names().size(), 2u);
}

TYPED_TEST(ChangeTest, RefusesWhatCannotBe) {
    ASSERT_TRUE(this->start());
    const auto before = this->names();
    const int told = this->changes;
    EXPECT_EQ(this->control().add_plugin("Nothing").error().id(), "not_found");
    EXPECT_THAT(this->control().add_plugin("Nothing").error().info(), HasSubstr("'Nothing'"));
    EXPECT_EQ(this->control().add_plugin("CircleA").error().id(), "circular_dependencies");
    EXPECT_EQ(this->control().remove_plugin("Upper").error().id(), "not_found");
    for (const std::string_view always : {std::string_view{before.front()}, std::string_view{"Base"}})
        EXPECT_THAT(this->control().remove_plugin(always).error().info(), HasSubstr("cannot be removed"));
    EXPECT_EQ(this->names(), before);
    ASSERT_TRUE(this->control().add_plugin("Upper"));
    EXPECT_EQ(this->control().remove_plugin("Below").error().id(), "conflict");
    EXPECT_EQ(this->changes, told + 1);
}

TYPED_TEST(ChangeTest, KeepsEverythingWhenAStartFails) {
    this->control().set_limits({.hook = 2s});
    ASSERT_TRUE(this->start());
    journal.take();
    const auto before = this->names();
    const int told = this->changes;
    EXPECT_EQ(this->control().add_plugin("Fails").error().id(), "field_invalid");
    EXPECT_EQ(this->control().add_plugin("Throws").error().id(), "internal_error");
    EXPECT_THAT(journal.take(), ElementsAre("start Below", "stop Below"));
    barrier.close();
    const LogSink quiet =
        set_log_sink([](LogLevel, std::string_view line) noexcept { journal.add(std::string{line}); });
    EXPECT_EQ(this->control().add_plugin("Hangs").error().id(), "timeout");
    set_log_sink(quiet);
    EXPECT_THAT(journal.take(), testing::Contains(HasSubstr("Hangs.start took too long")));
    EXPECT_THAT(this->control().state().abandoned, ElementsAre("Hangs.start"));
    EXPECT_EQ(this->names(), before);
    EXPECT_EQ(this->changes, told);
    EXPECT_EQ(this->ask(), "x.");
    barrier.open();
    ASSERT_TRUE(journal.wait_for("hook returned"));
    EXPECT_THAT(journal.take(), ElementsAre("hook returned")) << "what was left behind is never destroyed";
}

TYPED_TEST(ChangeTest, LetsACallEndOnTheChainOnWhichItBegan) {
    ASSERT_TRUE(this->start());
    journal.take();
    barrier.close();
    std::string answered;
    std::thread caller{[&] { answered = this->live.template call<Wait>(); }};
    ASSERT_TRUE(journal.wait_for("waits"));
    const std::string names[]{"Upper"};
    ASSERT_TRUE(this->control().set_plugins(names));
    if constexpr (is_concurrent<TypeParam>) {
        EXPECT_EQ(this->live.template call<Wait>(), "new");
    }
    EXPECT_THAT(journal.take(), ElementsAre("waits", "start Below", "start Upper")) << "nothing was stopped yet";
    barrier.open();
    caller.join();
    EXPECT_EQ(answered, "old");
    EXPECT_TRUE(journal.wait_for("stop Answers"));
    EXPECT_EQ(this->live.template call<Wait>(), "new");
}

TYPED_TEST(ChangeTest, NeverShowsTwoPluginsOfOneSetApart) {
    ASSERT_TRUE(this->start());
    std::atomic<bool> done = false;
    std::atomic<int> calls = 0;
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back([&] {
            while (!done) {
                const std::string text = this->ask();
                ++calls;
                EXPECT_TRUE(text == "x." || text == "x upper below.") << text;
            }
        });
    for (int i = 0; i < 100; ++i) {
        const int before = calls;
        while (calls == before) std::this_thread::yield();
        if (i % 2 == 0) {
            EXPECT_TRUE(this->control().add_plugin("Upper"));
        } else {
            EXPECT_TRUE(this->control().remove_plugin("Upper"));
        }
    }
    done = true;
    for (auto& caller : callers) caller.join();
}

struct Extra : Callback<"extra()", int()> {};
struct Brings : Plugin {
    using Callbacks = malla::Callbacks<Extra>;
    using Exports = malla::Callbacks<Extra>;
    int on(Extra) { return 42; }
};
constexpr ExportedCallback extra{live_callback<Extra>, false, [] { return std::string{"{}"}; },
                                 [](const LiveLink* first, bool, std::string_view, std::string& out) -> Result<void> {
                                     using Run = typename Next<Extra>::Run;
                                     auto result = reinterpret_cast<Run>(first->run)(const_cast<LiveLink*>(first));
                                     out = std::to_string(*result);
                                     return {};
                                 }};
constexpr PluginType brings{plugin_type<Brings>.info, {}, {&extra, 1}, plugin_type<Brings>.make};

TYPED_TEST(ChangeTest, RunsWhatAPluginBringsUntilItLeaves) {
    ASSERT_TRUE(this->start());
    const CallInfo info;
    std::string out;
    Gate* gate = nullptr;
    const auto run = [&] { return this->control().run_exported("extra", true, "[]", gate, info, out); };
    EXPECT_EQ(run().error().id(), "request_op_unknown");
    const auto code = std::make_shared<int>(1);
    const OfferedPlugin offer{&brings, code};
    ASSERT_TRUE(this->control().add_plugin("Brings", {&offer, 1}));
    EXPECT_TRUE(this->control().exports("extra"));
    EXPECT_EQ(this->control().exports().front().name, "extra");
    ASSERT_TRUE(run());
    EXPECT_EQ(out, "42");
    ASSERT_TRUE(this->control().remove_plugin("Brings"));
    EXPECT_EQ(run().error().id(), "request_op_unknown");
    while (code.use_count() > 2) std::this_thread::yield(); // its code is let go: ours and the offer's are left
}

// A call beside others takes no gate, so it goes on while another one is inside.
TYPED_TEST(ChangeTest, CallsBesideOthersAndSeesThePresentChain) {
    ASSERT_TRUE(this->start());
    EXPECT_FALSE(this->live.template takes_part<Note>());
    EXPECT_EQ(*this->live.template call_beside<Note>("a"), "a");
    ASSERT_TRUE(this->control().add_plugin("Notes"));
    barrier.close();
    std::thread inside{[this] { EXPECT_EQ(this->live.template call<Wait>(), "old"); }};
    ASSERT_TRUE(journal.wait_for("waits"));

    EXPECT_TRUE(this->live.template takes_part<Note>());
    EXPECT_EQ(*this->live.template call_beside<Note>("a"), "a in Thing");
    EXPECT_EQ(this->live.template call_beside<Note>("throw").error().id(), "internal_error");
    barrier.open();
    inside.join();
}

TYPED_TEST(ChangeTest, KeepsAPluginUntilACallBesideOthersHasLeft) {
    ASSERT_TRUE(this->start());
    ASSERT_TRUE(this->control().add_plugin("Notes"));
    barrier.close();
    std::thread beside{[this] { EXPECT_EQ(*this->live.template call_beside<Note>("wait"), "wait in Thing"); }};
    ASSERT_TRUE(journal.wait_for("notes"));
    ASSERT_TRUE(this->control().remove_plugin("Notes"));
    EXPECT_FALSE(this->live.template takes_part<Note>());

    EXPECT_THAT(journal.take(), ::testing::Not(::testing::Contains("stop Notes")));
    barrier.open();
    beside.join();
    EXPECT_TRUE(journal.wait_for("stop Notes"));
}

class StatusTest : public ControlTest<WatchedThing> {};

TEST_F(StatusTest, PausesAndGoesOnWithItsPluginsStarted) {
    ASSERT_TRUE(start());
    EXPECT_EQ(journal.take(), (std::vector<std::string>{"start Answers", "status running"}));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause, "test"));
    EXPECT_THAT(journal.take(), ElementsAre("status pausing", "status paused"));
    EXPECT_EQ(live.try_call<Ask>("x").error().id(), "paused");
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause));
    EXPECT_THAT(journal.take(), ElementsAre());
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_THAT(journal.take(), ElementsAre("status running"));
    EXPECT_EQ(ask(), "x.");
}

TEST_F(StatusTest, DrainsWithItsPluginsStartedAndGoesOnOrStops) {
    ASSERT_TRUE(start());
    journal.take();
    ASSERT_TRUE(control().set_admin_status(AdminStatus::drain));
    EXPECT_THAT(journal.take(), ElementsAre("status draining"));
    EXPECT_EQ(live.try_call<Ask>("x").error().id(), "draining");
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause));
    EXPECT_THAT(journal.take(), ElementsAre("status pausing", "status paused"));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::drain));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_THAT(journal.take(), ElementsAre("status draining", "status running"));
    EXPECT_EQ(ask(), "x.");
    ASSERT_TRUE(control().set_admin_status(AdminStatus::drain));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::inactive));
    EXPECT_THAT(journal.take(), ElementsAre("status draining", "status stopping", "stop Answers"));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::drain));
    EXPECT_EQ(live.running_status(), RunningStatus::stopped) << "nothing is left to be done there";
}

TEST_F(StatusTest, StopsItsPluginsWhenInactiveAndStartsThemAgain) {
    ASSERT_TRUE(start());
    journal.take();
    ASSERT_TRUE(control().set_admin_status(AdminStatus::inactive));
    EXPECT_THAT(journal.take(), ElementsAre("status stopping", "stop Answers"));
    EXPECT_EQ(live.running_status(), RunningStatus::stopped);
    EXPECT_EQ(live.try_call<Ask>("x").error().id(), "service_not_available");
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_THAT(journal.take(), ElementsAre("start Answers", "status running"));
}

TEST_F(StatusTest, TriesAgainAfterAFailure) {
    Sometimes::works = false;
    control().set_limits({.retry = 1ms, .longest_retry = 4ms});
    EXPECT_EQ(start().error().id(), "conflict");
    EXPECT_EQ(control().state().last_error->id(), "conflict");
    EXPECT_THAT(journal.take()[1], "stop Answers") << "only what was started is stopped";
    Sometimes::works = true;
    EXPECT_TRUE(journal.wait_for("status running"));
    EXPECT_EQ(ask(), "x.");
}

TEST_F(StatusTest, IsNotTriedAgainOnceItIsPaused) {
    Sometimes::works = false;
    control().set_limits({.retry = 1ms, .longest_retry = 1ms});
    EXPECT_FALSE(start());
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause));
    Sometimes::works = true;
    EXPECT_EQ(live.running_status(), RunningStatus::failed);
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_EQ(live.running_status(), RunningStatus::running);
}

TEST_F(StatusTest, AsksThePluginsWhetherItIsReadyAndDrained) {
    EXPECT_FALSE(control().ready());
    Watches::is_drained = false;
    EXPECT_TRUE(control().drained()) << "what was never started has nothing to do";
    ASSERT_TRUE(start());
    EXPECT_TRUE(control().ready());
    Watches::is_ready = false;
    EXPECT_FALSE(control().ready());
    Watches::is_ready = true;
    Watches::is_drained = false;
    EXPECT_FALSE(control().drained());
    Watches::is_drained = true;
    EXPECT_TRUE(control().drained());
}

TEST_F(StatusTest, WithoutTheGateItSoonSaysThatItIsNotReady) {
    ASSERT_TRUE(start());
    barrier.close();
    std::thread caller{[&] { EXPECT_EQ(live.call<Wait>(), "old"); }};
    EXPECT_TRUE(journal.wait_for("waits"));
    EXPECT_FALSE(control().ready(Deadline::in(1ms)));
    EXPECT_FALSE(control().drained(Deadline::in(1ms)));
    barrier.open();
    caller.join();
    EXPECT_TRUE(control().ready(Deadline::in(60s)));
    EXPECT_TRUE(control().drained(Deadline::in(60s)));
}

TEST_F(StatusTest, IsDrainedForACallBesideThatAsksItself) {
    ASSERT_TRUE(start());
    const Pins::Pin mine{live.pins()};
    EXPECT_TRUE(control().drained());
    std::latch pinned{2};
    std::latch done{1};
    std::thread other{[&] {
        const Pins::Pin pin{live.pins()};
        pinned.arrive_and_wait();
        done.wait();
    }};
    pinned.arrive_and_wait();
    EXPECT_FALSE(control().drained());
    done.count_down();
    other.join();
    EXPECT_TRUE(control().drained());
}

TEST_F(StatusTest, PluginsAreStoppedWhenTheCallsBesideHaveLeft) {
    ASSERT_TRUE(start());
    std::latch pinned{2};
    std::latch done{1};
    std::thread beside{[&] {
        const Pins::Pin pin{live.pins()};
        pinned.arrive_and_wait();
        done.wait();
        journal.add("left");
    }};
    pinned.arrive_and_wait();
    std::thread stopping{[&] { control().stop(); }};
    EXPECT_TRUE(journal.wait_for("status stopping"));
    done.count_down();
    beside.join();
    stopping.join();
    const auto happened = journal.take();
    EXPECT_LT(std::ranges::find(happened, "left"), std::ranges::find(happened, "stop Answers"));
    EXPECT_THAT(happened, ::testing::Contains("stop Answers"));
}

TEST_F(StatusTest, IsLiveUnlessItFailed) {
    EXPECT_TRUE(control().live()) << "stopped";
    Sometimes::works = false;
    control().set_limits({.retry = 1h});
    EXPECT_FALSE(start());
    EXPECT_FALSE(control().live());
    Sometimes::works = true;
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause));
    ASSERT_TRUE(control().set_admin_status(AdminStatus::active));
    EXPECT_TRUE(control().live());
    ASSERT_TRUE(control().set_admin_status(AdminStatus::pause));
    EXPECT_TRUE(control().live());
    ASSERT_TRUE(control().set_admin_status(AdminStatus::inactive));
    EXPECT_TRUE(control().live());
}

TEST_F(StatusTest, ExplainsWhoTakesPart) {
    const auto links = control().explain("ask");
    ASSERT_EQ(links.size(), 1u);
    EXPECT_THAT(links[0].plugin, HasSubstr("Answers"));
    EXPECT_EQ(links[0].part, Part::answers);
}

} // namespace
} // namespace malla
