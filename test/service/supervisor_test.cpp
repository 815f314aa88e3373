// SPDX-License-Identifier: Apache-2.0
#include "malla/service/supervisor.hpp"

#include "malla/base/log.hpp"
#include "malla/service/restart_limit.hpp"
#include "service/stage.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace malla {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Supervises three actors, crashes the one in the middle; gives what is noted from then on.
Notes after_a_crash_of_b(Strategy strategy, std::size_t notes) {
    Stage stage;
    const Children all{.children = {stage.actor("a"), stage.actor("b"), stage.actor("c")}, .strategy = strategy};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};
    EXPECT_TRUE(supervisor.start());
    EXPECT_THAT(stage.notes(3), UnorderedElementsAre("+a", "+b", "+c")); // their threads begin in any order
    stage.crash("b");
    return stage.notes(3 + notes, 3);
}

TEST(Supervisor, OneForOneRestartsTheCrashedChildAlone) {
    EXPECT_THAT(after_a_crash_of_b(Strategy::one_for_one, 2), ElementsAre("!b", "+b"));
}

TEST(Supervisor, OneForAllStopsTheOthersInReverseOrderAndRestartsAll) {
    auto notes = after_a_crash_of_b(Strategy::one_for_all, 6);
    ASSERT_EQ(notes.size(), 6u);
    std::sort(notes.begin() + 3, notes.end());
    EXPECT_THAT(notes, ElementsAre("!b", "-c", "-a", "+a", "+b", "+c"));
}

TEST(Supervisor, RestForOneRestartsTheCrashedChildAndThoseBehindIt) {
    auto notes = after_a_crash_of_b(Strategy::rest_for_one, 4);
    ASSERT_EQ(notes.size(), 4u);
    std::sort(notes.begin() + 2, notes.end());
    EXPECT_THAT(notes, ElementsAre("!b", "-c", "+b", "+c"));
}

/// A body that notes where it is copied: a start does that, on the thread that starts.
struct NotesItsCopies {
    Stage* stage;
    std::string name;

    NotesItsCopies(Stage* on, std::string of) : stage{on}, name{std::move(of)} {}
    NotesItsCopies(const NotesItsCopies& other) : stage{other.stage}, name{other.name} { stage->note(name); }
    NotesItsCopies(NotesItsCopies&&) noexcept = default;
    void operator()(const std::stop_token&) const {}
};

TEST(Supervisor, StartsChildrenInTheOrderOfTheList) {
    Stage stage;
    Children all;
    for (const char* name : {"a", "b", "c"}) all.children.push_back(Child::thread(name, NotesItsCopies{&stage, name}));
    Supervisor supervisor{"Play", std::move(all), {}, never_gives_up()};
    const std::size_t before = stage.notes().size();

    ASSERT_TRUE(supervisor.start());
    EXPECT_THAT(stage.notes(0, before), ElementsAre("a", "b", "c"));
}

TEST(Supervisor, StopsChildrenInReverseOrderEachWhenTheOneBehindItHasEnded) {
    Stage stage;
    const Children all{.children = {stage.actor("a"), stage.actor("b"), stage.actor("c")}};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    ASSERT_EQ(stage.notes(3).size(), 3u);

    EXPECT_THAT(supervisor.stop(soon()), IsEmpty());
    EXPECT_THAT(stage.notes(0, 3), ElementsAre("-c", "-b", "-a"));
}

TEST(Supervisor, RestartsAChildThatReturnedOnlyWhenItIsPermanent) {
    Stage stage;
    const Children all{.children = {stage.actor("transient"), stage.actor("permanent", Restart::permanent)}};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    (void)stage.notes(2);

    stage.end("transient");
    ASSERT_TRUE(eventually([&] { return !state_of(supervisor, "transient").running; }));
    stage.end("permanent"); // its restart comes after whatever was done about the other one
    EXPECT_THAT(stage.notes(5, 2), ElementsAre(".transient", ".permanent", "+permanent"));
    EXPECT_FALSE(state_of(supervisor, "transient").running);
    EXPECT_EQ(state_of(supervisor, "transient").restarts, 0u);
    EXPECT_TRUE(eventually([&] { return state_of(supervisor, "permanent").restarts == 1; }));
}

TEST(Supervisor, NeverRestartsATemporaryChildThatCrashedOrWasStopped) {
    Stage stage;
    const Children all{.children = {stage.actor("crashes", Restart::temporary), stage.actor("other"),
                                    stage.actor("stopped", Restart::temporary)},
                       .strategy = Strategy::one_for_all};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    (void)stage.notes(3);

    stage.crash("crashes");
    ASSERT_TRUE(eventually([&] { return !state_of(supervisor, "crashes").running; }));
    stage.crash("other");
    EXPECT_THAT(stage.notes(7, 3), ElementsAre("!crashes", "!other", "-stopped", "+other"));
    supervisor.stop(soon());
    EXPECT_THAT(stage.notes(0, 7), ElementsAre("-other"));
}

TEST(Supervisor, OneForAllStartsAgainWhatHadReturned) {
    Stage stage;
    const Children all{.children = {stage.actor("done"), stage.actor("other")}, .strategy = Strategy::one_for_all};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    (void)stage.notes(2);
    stage.end("done");
    ASSERT_TRUE(eventually([&] { return !state_of(supervisor, "done").running; }));

    stage.crash("other");
    EXPECT_THAT(stage.notes(6, 2), UnorderedElementsAre(".done", "!other", "+done", "+other"));
}

TEST(RestartLimit, AllowsAsManyRestartsWithinTheWindowAndNotOneMore) {
    const Clock::time_point begin{};
    RestartLimit limit{3, 5s};
    EXPECT_TRUE(limit.allow(begin));
    EXPECT_TRUE(limit.allow(begin + 1s));
    EXPECT_TRUE(limit.allow(begin + 2s));

    RestartLimit at_the_edge = limit;
    EXPECT_FALSE(at_the_edge.allow(begin + 5s));
    EXPECT_TRUE(limit.allow(begin + 5s + 1ns)); // the first one no longer counts
    EXPECT_FALSE(limit.allow(begin + 6s));
    EXPECT_FALSE(RestartLimit(0, 5s).allow(begin));
}

TEST(Supervisor, GivesUpAtTheCrashAfterTheLastRestartAndStopsTheOthersFirst) {
    Stage stage;
    GivenUp given_up;
    const auto note = [&, tell = given_up.listener()](const Status& status) {
        stage.note("gave up");
        tell(status);
    };
    const Children all{.children = {stage.actor("other"), stage.actor("bad")}, .max_restarts = 2, .window = 1h};
    Supervisor supervisor{"Play", all, {}, note};
    ASSERT_TRUE(supervisor.start());
    (void)stage.notes(2);
    stage.crash("bad");
    (void)stage.notes(4);
    stage.crash("bad");
    EXPECT_THAT(stage.notes(6, 2), ElementsAre("!bad", "+bad", "!bad", "+bad"));
    EXPECT_TRUE(eventually([&] { return state_of(supervisor, "bad").restarts == 2; }));
    EXPECT_EQ(given_up.count(), 0u);

    stage.crash("bad");
    const Status status = given_up.status();
    EXPECT_EQ(status.info(), "child 'bad' of plugin Play ended again after 2 restarts within 1h: told to");
    EXPECT_EQ(status.data().at("child"), "bad");
    EXPECT_THAT(supervisor.stop(soon()), IsEmpty());
    EXPECT_THAT(stage.notes(0, 6), ElementsAre("!bad", "-other", "gave up"));
    EXPECT_EQ(given_up.count(), 1u);
}

TEST(Supervisor, RestartsForEverWhatCrashesMoreSeldomThanTheWindowIsLong) {
    std::atomic<int> runs = 0;
    const auto crash = [&](const std::stop_token&) {
        ++runs;
        throw 42;
    };
    Supervisor supervisor{"Play", {.children = {Child::thread("bad", crash)}, .window = 0ns}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());

    EXPECT_TRUE(eventually([&] { return runs > 20; }));
}

TEST(Supervisor, RunsAPeriodicTaskAgainAndAgainButNeverTwiceAtOnce) {
    std::atomic<int> inside = 0;
    std::atomic<int> worst = 0;
    std::atomic<int> runs = 0;
    const auto task = [&] {
        worst = std::max(worst.load(), ++inside);
        ++runs;
        std::this_thread::yield();
        --inside;
    };
    Supervisor supervisor{"Clock", {.children = {Child::periodic("tick", 1us, task)}}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());

    EXPECT_TRUE(eventually([&] { return runs > 100; }));
    EXPECT_EQ(worst, 1);
}

TEST(Supervisor, StopsAPeriodicTaskInTheMiddleOfItsPause) {
    Stage stage;
    const auto task = [&] { stage.note("tick"); };
    Supervisor supervisor{"Clock", {.children = {Child::periodic("tick", 24h, task)}}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    (void)stage.notes(1);

    EXPECT_THAT(supervisor.stop(soon()), IsEmpty());
    EXPECT_THAT(stage.notes(), ElementsAre("tick"));
}

TEST(Supervisor, RestartsAPeriodicTaskThatThrows) {
    Stage stage;
    const auto task = [&, times = 0]() mutable {
        stage.note(std::to_string(++times)); // a restart begins with the task as it was given
        if (stage.notes().size() == 1) throw std::runtime_error{"no"};
    };
    Supervisor supervisor{"Clock", {.children = {Child::periodic("tick", 24h, task)}}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());

    EXPECT_THAT(stage.notes(2), ElementsAre("1", "1"));
    EXPECT_EQ(state_of(supervisor, "tick").kind, ChildKind::periodic);
    EXPECT_TRUE(eventually([&] { return state_of(supervisor, "tick").restarts == 1; }));
}

TEST(Supervisor, LogsACrashWithTheNamesOfChildAndPlugin) {
    static std::mutex mutex;
    static Notes lines;
    lines.clear();
    const LogSink before = set_log_sink([](LogLevel level, std::string_view text) noexcept {
        const std::lock_guard lock{mutex};
        if (level == LogLevel::warning) lines.emplace_back(text);
    });
    (void)after_a_crash_of_b(Strategy::one_for_one, 2);
    set_log_sink(before);

    EXPECT_THAT(lines, ElementsAre("child 'b' of plugin Play crashed: told to"));
}

TEST(Supervisor, RunsTheGivenFunctionAroundEachRunOfEachThread) {
    static thread_local int prepared = 0;
    Stage stage;
    const auto around = [](const std::function<void()>& body) {
        prepared = 7;
        body();
    };
    const auto body = [&](const std::stop_token&) {
        stage.note(std::to_string(prepared));
        if (stage.notes().size() == 1) throw std::runtime_error{"once more"};
    };
    Supervisor supervisor{"Play", {.children = {Child::thread("a", body)}}, around, never_gives_up()};
    ASSERT_TRUE(supervisor.start());

    EXPECT_THAT(stage.notes(2), ElementsAre("7", "7"));
}

TEST(Supervisor, ACrashInOneLeavesTheChildrenOfAnotherAlone) {
    Stage stage;
    GivenUp given_up;
    const auto crash = [](const std::stop_token&) { throw std::runtime_error{"no"}; };
    Supervisor good{"Good", {.children = {stage.actor("good")}}, {}, never_gives_up()};
    Supervisor bad{"Bad", {.children = {Child::thread("bad", crash)}, .window = 1h}, {}, given_up.listener()};
    ASSERT_TRUE(good.start());
    ASSERT_TRUE(bad.start());

    EXPECT_THAT(given_up.status().info(), HasSubstr("'bad' of plugin Bad"));
    EXPECT_TRUE(state_of(good, "good").running);
    EXPECT_EQ(state_of(good, "good").restarts, 0u);
    EXPECT_THAT(stage.notes(1), ElementsAre("+good"));
}

TEST(Supervisor, StopsWhatItStartedWhenAChildCannotBeStarted) {
    Stage stage;
    const Child gone = Child::process("gone", {"/nowhere/no-such-program"});
    const Children all{.children = {stage.actor("a"), stage.actor("b"), gone, stage.actor("c")}};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};

    const auto started = supervisor.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().info(), "child 'gone' of plugin Play cannot be started: No such file or directory");
    EXPECT_EQ(started.error().data().at("child"), "gone");
    const auto notes = stage.notes();
    EXPECT_THAT(notes, UnorderedElementsAre("+a", "+b", "-b", "-a"));
    EXPECT_LT(std::ranges::find(notes, "-b"), std::ranges::find(notes, "-a"));
    EXPECT_THAT(supervisor.stop(soon()), IsEmpty());
}

TEST(Supervisor, RefusesTwoChildrenOfOneNameAndStartsNone) {
    Stage stage;
    const Children all{.children = {stage.actor("a"), stage.actor("b"), stage.actor("a")}};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};

    const auto started = supervisor.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().info(), "child 'a' of plugin Play has the name of another one");
    EXPECT_THAT(stage.notes(), IsEmpty());
}

TEST(Supervisor, RefusesAChildThatHasNothingToRun) {
    const std::vector<Child> all{Child::thread("a", {}), Child::periodic("b", 1s, {}), Child::process("c", {})};
    for (const Child& child : all) {
        Supervisor supervisor{"Play", {.children = {child}}, {}, never_gives_up()};
        const auto started = supervisor.start();
        ASSERT_FALSE(started) << name_of(child.kind);
        EXPECT_THAT(started.error().info(), HasSubstr("it has nothing to run"));
    }
}

TEST(Supervisor, WithoutChildrenHasNothingToDo) {
    Supervisor supervisor{"Play", {}, {}, never_gives_up()};
    EXPECT_TRUE(supervisor.start());
    EXPECT_THAT(supervisor.children(), IsEmpty());
    EXPECT_THAT(supervisor.stop(soon()), IsEmpty());
}

} // namespace
} // namespace malla
