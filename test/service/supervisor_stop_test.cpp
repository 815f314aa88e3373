// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"
#include "malla/service/supervisor.hpp"
#include "service/stage.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace malla {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

/// No log line, where thousands of crashes are made.
class Silence {
public:
    Silence() = default;
    ~Silence() { set_log_sink(before_); }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

private:
    LogSink before_ = set_log_sink([](LogLevel, std::string_view) noexcept {});
};

TEST(Supervisor, NamesAThreadThatDoesNotEndAndFreesNothingUnderIt) {
    auto door = std::make_shared<Door>();
    const std::weak_ptr<Door> used = door;
    {
        Supervisor supervisor{"Play", {.children = {Door::stubborn("stubborn", door)}}, {}, never_gives_up()};
        ASSERT_TRUE(supervisor.start());
        door->wait_until_inside();

        EXPECT_THAT(supervisor.stop(Deadline::in(5ms)), ElementsAre("stubborn"));
        EXPECT_FALSE(state_of(supervisor, "stubborn").running);
        EXPECT_THAT(supervisor.stop(soon()), ElementsAre("stubborn")); // it is told again
    }
    EXPECT_EQ(used.use_count(), 2); // the thread goes on
    door->open();
    door.reset();
    EXPECT_TRUE(eventually([&] { return used.expired(); }));
}

TEST(Supervisor, AThreadLeftBehindMayStillThrow) {
    auto door = std::make_shared<Door>();
    const std::weak_ptr<Door> used = door;
    const auto body = [door](const std::stop_token&) {
        door->stay();
        throw std::runtime_error{"nobody hears it"};
    };
    auto supervisor = std::make_unique<Supervisor>(
        "Play", Children{.children = {Child::thread("late", body)}, .stop_limit = 5ms}, nullptr, never_gives_up());
    ASSERT_TRUE(supervisor->start());
    door->wait_until_inside();

    supervisor.reset();
    door->open();
    EXPECT_TRUE(eventually([&] { return used.use_count() == 2; })); // this function's
}

TEST(Supervisor, AThreadThatDoesNotEndLeavesTheOthersTimeToStop) {
    Stage stage;
    auto door = std::make_shared<Door>();
    const Children all{.children = {stage.actor("a"), Door::stubborn("stubborn", door)}, .stop_limit = 24h};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    (void)stage.notes(1);
    door->wait_until_inside();

    EXPECT_THAT(supervisor.stop(Deadline::in(2s)), ElementsAre("stubborn"));
    EXPECT_THAT(stage.notes(), ElementsAre("+a", "-a"));
    door->open();
}

TEST(Supervisor, GivesUpWhenAThreadDoesNotEndThatIsToBeRestarted) {
    Stage stage;
    GivenUp given_up;
    auto door = std::make_shared<Door>();
    const Children all{.children = {stage.actor("a"), stage.actor("b"), Door::stubborn("stubborn", door)},
                       .strategy = Strategy::rest_for_one,
                       .stop_limit = 500ms};
    Supervisor supervisor{"Play", all, {}, given_up.listener()};
    ASSERT_TRUE(supervisor.start());
    (void)stage.notes(2);
    door->wait_until_inside();

    stage.crash("b");
    const Status status = given_up.status();
    EXPECT_EQ(status.info(), "child 'stubborn' of plugin Play did not stop in time and was left behind");
    EXPECT_THAT(stage.notes(0, 2), ElementsAre("!b", "-a"));
    EXPECT_THAT(supervisor.stop(soon()), ElementsAre("stubborn"));
    EXPECT_EQ(given_up.count(), 1u);
    door->open();
}

TEST(Supervisor, StopDoesNotWaitForARestartThatWaitsForAThread) {
    Stage stage;
    auto door = std::make_shared<Door>();
    const Children all{.children = {stage.actor("a"), Door::stubborn("stubborn", door)},
                       .strategy = Strategy::one_for_all,
                       .stop_limit = 24h};
    Supervisor supervisor{"Play", all, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    (void)stage.notes(1);
    door->wait_until_inside();
    stage.crash("a");
    ASSERT_TRUE(eventually([&] { return !state_of(supervisor, "a").running; }));

    EXPECT_THAT(supervisor.stop(Deadline::in(5ms)), ElementsAre("stubborn"));
    EXPECT_THAT(stage.notes(), ElementsAre("+a", "!a"));
    door->open();
}

TEST(Supervisor, NothingRunsAfterStopEvenWhenChildrenCrashAllTheTime) {
    const Silence silence;
    const std::array strategies{Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one};
    std::atomic<int> runs = 0;
    std::atomic<int> late = 0;
    for (int round = 0; round < 99; ++round) {
        const auto over = std::make_shared<std::atomic<bool>>(false);
        const auto task = [&, over] {
            ++runs;
            if (*over) ++late;
        };
        const auto crash = [task](const std::stop_token&) {
            task();
            throw 1;
        };
        const Children all{
            .children = {Child::thread("a", crash), Child::periodic("b", 0ns, task), Child::thread("c", crash)},
            .strategy = strategies[static_cast<std::size_t>(round) % 3],
            .max_restarts = 1'000'000};
        Supervisor supervisor{"Storm", all, {}, never_gives_up()};
        const int begin = runs;
        ASSERT_TRUE(supervisor.start());
        ASSERT_TRUE(eventually([&] { return runs > begin + round % 7; }));
        ASSERT_THAT(supervisor.stop(soon()), IsEmpty());
        *over = true;
    }
    EXPECT_EQ(late, 0);
}

TEST(Supervisor, NeverTellsThatItGaveUpAfterStop) {
    const Silence silence;
    std::atomic<int> late = 0;
    for (int round = 0; round < 200; ++round) {
        Stage stage;
        const auto over = std::make_shared<std::atomic<bool>>(false);
        const auto gave_up = [&, over](const Status&) { late += *over ? 1 : 0; };
        Supervisor supervisor{"Race", {.children = {stage.actor("a")}, .max_restarts = 0}, {}, gave_up};
        ASSERT_TRUE(supervisor.start());
        stage.crash("a");
        for (int spin = 0; spin < round; ++spin) std::this_thread::yield();
        ASSERT_THAT(supervisor.stop(soon()), IsEmpty());
        *over = true;
        EXPECT_FALSE(state_of(supervisor, "a").running);
    }
    EXPECT_EQ(late, 0);
}

TEST(Supervisor, MayBeStoppedByWhatItTellsThatItGaveUp) {
    Stage stage;
    std::unique_ptr<Supervisor> supervisor;
    const auto gave_up = [&](const Status&) {
        EXPECT_THAT(supervisor->stop(soon()), IsEmpty());
        stage.note("stopped");
    };
    const Children all{.children = {stage.actor("a"), stage.actor("b")}, .max_restarts = 0};
    supervisor = std::make_unique<Supervisor>("Play", all, nullptr, gave_up);
    ASSERT_TRUE(supervisor->start());
    (void)stage.notes(2);

    stage.crash("b");
    EXPECT_THAT(stage.notes(5, 2), ElementsAre("!b", "-a", "stopped"));
    EXPECT_THAT(supervisor->stop(soon()), IsEmpty());
}

TEST(Supervisor, MayBeDestroyedByWhatItTellsThatItGaveUp) {
    Stage stage;
    std::atomic<bool> freed = false;
    std::unique_ptr<Supervisor> supervisor;
    const auto free = [&](const int* number) {
        delete number;
        freed = true;
    };
    auto gave_up = [&, held = std::shared_ptr<int>(new int{1}, free)](const Status&) { supervisor.reset(); };
    supervisor = std::make_unique<Supervisor>("Play", Children{.children = {stage.actor("a")}, .max_restarts = 0},
                                              nullptr, std::move(gave_up));
    ASSERT_TRUE(supervisor->start());

    stage.crash("a");
    EXPECT_TRUE(eventually([&] { return freed.load(); })); // when its thread has ended
}

} // namespace
} // namespace malla
