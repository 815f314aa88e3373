// SPDX-License-Identifier: Apache-2.0
#include "malla/node/remote.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::eventually;
using test::joined_to;
using ::testing::ElementsAre;

struct Meet : Callback<"meet()", std::string()> {};
struct Judge : Callback<"judge(number)", double(double)> {};
struct Note : Callback<"note()", void()> {};
struct JuryApi : Api<"Jury", Meet, Judge, Note> {};

/// `meet` returns only when as many are in it as the latch counts, or the caller no longer waits.
struct Juror : Service<JuryApi> {
    static constexpr bool concurrent = true;

    Juror(std::string is_called, std::shared_ptr<std::latch> counts_all, std::shared_ptr<std::atomic<int>> counts_some)
        : name{std::move(is_called)}, all{std::move(counts_all)}, inside{std::move(counts_some)} {}

    std::string on(Meet) {
        all->count_down();
        ++*inside;
        while (!all->try_wait() && !current_call()->cancelled.stop_requested()) std::this_thread::yield();
        return name;
    }
    Result<double> on(Judge, double number) {
        if (name == "anna") return Status{"not_allowed", name};
        return 2 * number;
    }
    void on(Note) {}

    std::string name;
    std::shared_ptr<std::latch> all;
    std::shared_ptr<std::atomic<int>> inside;
};

NodeOptions at_once(NodeOptions options) {
    options.drain_limit = 0s;
    return options;
}

class Jury : public ::testing::Test {
protected:
    void start(int size_of_meeting) {
        meeting = std::make_shared<std::latch>(size_of_meeting);
        for (const auto& node : nodes) jurors.push_back(&node->start(Juror{node->name(), meeting, inside}));
        for (const Node* node : {&client, nodes[0].get()})
            ASSERT_TRUE(eventually([&] {
                return std::ranges::count(node->instances_of("Jury"), RunningStatus::running, &InstanceView::status) ==
                       3;
            }));
    }

    /// Waits until the client has heard of it.
    void set(std::size_t juror, AdminStatus admin, RunningStatus becomes) {
        ASSERT_TRUE(jurors[juror]->control().set_admin_status(admin));
        ASSERT_TRUE(eventually([&] {
            return std::ranges::any_of(client.instances_of("Jury"), [&](const InstanceView& each) {
                return each.node == nodes[juror]->id() && each.status == becomes;
            });
        }));
    }

    std::vector<LiveService<Juror>*> jurors; // of the nodes
    std::shared_ptr<std::latch> meeting = std::make_shared<std::latch>(1);
    std::shared_ptr<std::atomic<int>> inside = std::make_shared<std::atomic<int>>(0);
    Node client{at_once(alone("client"))};
    std::vector<std::unique_ptr<Node>> nodes = [this] {
        std::vector<std::unique_ptr<Node>> all;
        for (const auto* name : {"carl", "anna", "ben"})
            all.push_back(std::make_unique<Node>(at_once(joined_to(client, name))));
        return all;
    }();
    Remote<JuryApi> jury{client};
};

template <class T>
std::vector<std::string> texts(const Result<std::vector<NodeResult<T>>>& all) {
    std::vector<std::string> found;
    if (!all) return {all.error().text()};
    for (const auto& [node, name, result] : *all) {
        if (!result) found.push_back(name + ": " + std::string{result.error().id()});
        else if constexpr (std::is_void_v<T>) found.push_back(name);
        else if constexpr (std::is_same_v<T, std::string>) found.push_back(name + ": " + *result);
        else found.push_back(name + ": " + std::to_string(static_cast<int>(*result)));
    }
    return found;
}

TEST_F(Jury, IsCalledAtOnceAndEachResultNamesItsNode) {
    start(3); // one after another, the first would never return

    const auto all = jury.call_all<Meet>(within(60s));

    EXPECT_THAT(texts(all), ElementsAre("anna: anna", "ben: ben", "carl: carl"));
    EXPECT_EQ((*all)[0].node, nodes[1]->id());
}

TEST_F(Jury, AnErrorOfOneLeavesTheResultsOfTheOthers) {
    start(3);

    EXPECT_THAT(texts(jury.call_all<Judge>(21)), ElementsAre("anna: not_allowed", "ben: 42", "carl: 42"));
    EXPECT_THAT(texts(client.call_all("Jury", "judge", "[1.5]")),
                ElementsAre("anna: not_allowed", "ben: 3", "carl: 3"));
    EXPECT_THAT(texts(jury.call_all<Note>()), ElementsAre("anna", "ben", "carl"));
}

TEST_F(Jury, OfThoseWhoTakeNoCallsTheReasonIsAmongTheResults) {
    start(3);
    set(2, AdminStatus::pause, RunningStatus::paused);
    EXPECT_THAT(texts(jury.call_all<Note>()), ElementsAre("anna", "ben: paused", "carl"));

    set(1, AdminStatus::inactive, RunningStatus::stopped);
    EXPECT_THAT(texts(jury.call_all<Note>()), ElementsAre("anna: service_not_available", "ben: paused", "carl"));

    CallOptions on_ben = within(50ms);
    on_ben.on = "ben";
    EXPECT_EQ(jury.call_all<Note>(on_ben).error().id(), "paused");
    CallOptions on_carl;
    on_carl.on = "carl";
    EXPECT_THAT(texts(jury.call_all<Note>(on_carl)), ElementsAre("carl"));
}

struct ClerkApi : Api<"Jury", Note> {};
struct Clerk : Service<ClerkApi> {
    void on(Note) {}
};

TEST_F(Jury, WhoHasNotTheCallbackIsNotMeantWhereOneThatIsPausedHasIt) {
    start(1);
    Node office{at_once(joined_to(client, "office"))};
    office.start(Clerk{});
    ASSERT_TRUE(eventually([&] { return client.instances_of("Jury").size() == 4; }));
    set(0, AdminStatus::pause, RunningStatus::paused);
    EXPECT_THAT(texts(jury.call_all<Judge>(21)), ElementsAre("anna: not_allowed", "ben: 42", "carl: paused"));

    set(1, AdminStatus::pause, RunningStatus::paused);
    set(2, AdminStatus::pause, RunningStatus::paused);
    CallOptions options;
    options.no_wait = true;
    EXPECT_EQ(jury.call_all<Judge>(options, 21).error().id(), "paused");
    EXPECT_THAT(texts(jury.call_all<Note>()), ElementsAre("anna: paused", "ben: paused", "carl: paused", "office"));
}

TEST_F(Jury, IsCalledFromOneOfItToo) {
    start(3);

    const auto all = Remote<JuryApi>{*nodes[0]}.call_all<Meet>(within(60s));

    EXPECT_THAT(texts(all), ElementsAre("anna: anna", "ben: ben", "carl: carl"));
}

TEST_F(Jury, OneDeadlineEndsAllThatHaveNotAnswered) {
    start(1'000'000);

    std::vector<std::string> ends;
    for (auto limit = 100ms;
         ends.empty() || std::ranges::any_of(ends, [](const std::string& end) { return end.ends_with("expired"); });
         limit *= 2) // until they all begin in time
        ends = texts(jury.call_all<Meet>(within(limit)));

    EXPECT_THAT(ends, ElementsAre("anna: deadline_exceeded", "ben: deadline_exceeded", "carl: deadline_exceeded"));
}

TEST_F(Jury, OneThatIsLostEndsOnlyItsOwnCall) {
    start(4);
    std::jthread waits{[&] {
        EXPECT_THAT(texts(jury.call_all<Meet>(within(60s))),
                    ElementsAre("anna: anna", "ben: ben", ::testing::AnyOf("carl: shutdown", "carl: peer_lost")));
    }};
    ASSERT_TRUE(eventually([&] { return *inside == 3; }));

    nodes[0].reset();
    meeting->count_down(); // the others may leave
}

TEST_F(Jury, NobodyIsAnErrorAndNoEmptyList) {
    const auto late = jury.call_all<Note>(within(50ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().id(), "service_not_available");
    EXPECT_EQ(late.error().outcome(), Outcome::not_run);

    CallOptions at_once = within(60s);
    at_once.no_wait = true;
    EXPECT_EQ(jury.call_all<Note>(at_once).error().id(), "service_not_available");
}

TEST_F(Jury, IsWaitedForUntilThereIsOne) {
    std::jthread later{[&] { nodes[2]->start(Juror{"ben", meeting, inside}); }};

    EXPECT_THAT(texts(jury.call_all<Note>(within(60s))), ElementsAre("ben"));
}

TEST_F(Jury, ABrokerThatIsNotThereDelaysTheFirstCallsOfANodeOnly) {
    start(1);
    NodeOptions options = joined_to(client, "newcomer");
    options.brokers = {"ipc:///nonexistent/broker"};
    Node newcomer{at_once(options)};
    Remote<JuryApi> all{newcomer};

    const auto began = Clock::now();
    for (int round = 0; round < 10; ++round)
        EXPECT_THAT(texts(all.call_all<Note>(within(60s))), ElementsAre("anna", "ben", "carl"));
    EXPECT_LT(Clock::now() - began, 5s) << "each may have waited a second";
}

TEST_F(Jury, OptionsNarrowItToANode) {
    start(3);
    CallOptions options;
    options.on = "ben";

    EXPECT_THAT(texts(jury.call_all<Note>(options)), ElementsAre("ben"));
}

struct LocalJuror : Juror {
    using Juror::Juror;
    static constexpr bool local = true;
};

TEST_F(Jury, ThatOnlyItsOwnProgramKnowsIsCalledThere) {
    client.start(LocalJuror{"client", meeting, inside});

    EXPECT_THAT(texts(jury.call_all<Meet>()), ElementsAre("client: client"));
}

} // namespace
} // namespace malla
