// SPDX-License-Identifier: Apache-2.0
#include "malla/node/remote.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>

#include <barrier>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::joined_to;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;

struct Out : Callback<"out(x)", int(int)> {};
struct Leaf : Callback<"leaf(x)", int(int)> {};
struct NearApi : Api<"Near", Out, Leaf> {};
struct Back : Callback<"back(x)", int(int)> {};
struct FarApi : Api<"Far", Back> {};

/// Whoever comes waits until so many have.
class Crowd {
public:
    explicit Crowd(int wanted) : wanted_{wanted} {}
    void come() {
        std::unique_lock lock{mutex_};
        if (++come_ >= wanted_) full_.notify_all();
        full_.wait(lock, [this] { return come_ >= wanted_; });
    }
    int have_come() {
        const std::lock_guard lock{mutex_};
        return come_;
    }

private:
    const int wanted_;
    std::mutex mutex_;
    std::condition_variable full_;
    int come_ = 0;
};

/// Calls far away, which calls back.
template <bool Concurrent>
struct Near : Service<NearApi> {
    static constexpr bool concurrent = Concurrent;

    explicit Near(Node& node) : far{node} {}
    Result<int> on(Out, int x) { return far.try_call<Back>(x); }
    int on(Leaf, int x) { return 2 * x; }

    Remote<FarApi> far;
};

/// Calls back when so many calls as it waits for have come.
struct Far : Service<FarApi> {
    static constexpr bool concurrent = true;

    Far(Node& node, std::shared_ptr<Crowd> all) : near{node}, crowd{std::move(all)} {}
    Result<int> on(Back, int x) {
        crowd->come();
        return near.try_call<Leaf>(x);
    }

    Remote<NearApi> near;
    std::shared_ptr<Crowd> crowd;
};

NodeOptions few_workers() {
    NodeOptions options = alone("near");
    options.max_workers = 4;
    return options;
}

/// What became of so many calls at once: the value, or the status.
std::vector<std::string> outcomes(Node& client, int calls) {
    EXPECT_TRUE(client.wait_for("Near", Deadline::in(60s)));
    Remote<NearApi> near{client};
    std::vector<Future<int>> futures;
    for (int i = 0; i < calls; ++i) futures.push_back(near.async<Out>(within(60s), i));
    std::vector<std::string> all;
    for (int i = 0; i < calls; ++i) {
        const auto result = futures[static_cast<std::size_t>(i)].get();
        if (result) all.emplace_back(*result == 2 * i ? "right" : "wrong");
        else all.emplace_back(result.error().id());
    }
    return all;
}

TEST(NestedCalls, TwiceAsManyAsThereAreWorkersComeBackAtOnce) {
    Node home{few_workers()};
    Node away{joined_to(home, "away")};
    Node client{joined_to(home, "client")};
    home.start(Near<true>{home});
    away.start(Far{away, std::make_shared<Crowd>(8)});

    EXPECT_THAT(outcomes(client, 8), Each("right"));
}

TEST(NestedCalls, OfASerialServiceComeBackOneTreeAfterTheOther) {
    Node home{few_workers()};
    Node away{joined_to(home, "away")};
    Node client{joined_to(home, "client")};
    home.start(Near<false>{home});
    away.start(Far{away, std::make_shared<Crowd>(1)});

    EXPECT_THAT(outcomes(client, 8), Each("right"));
}

TEST(NestedCalls, AreBusyWhenNoWorkerIsLeftForThem) {
    NodeOptions options = few_workers();
    options.max_workers = 2;
    options.max_waiting_workers = 3;
    Node home{options};
    Node away{joined_to(home, "away")};
    Node client{joined_to(home, "client")};
    home.start(Near<true>{home});
    const auto crowd = std::make_shared<Crowd>(5); // those that may wait, and the test itself
    away.start(Far{away, crowd});
    std::vector<std::string> all;
    std::jthread calls{[&] { all = outcomes(client, 4); }};
    ASSERT_TRUE(test::eventually([&] { return crowd->have_come() == 4; }));
    const auto one_more = Remote<NearApi>{client}.try_call<Leaf>(within(60s), 1);
    crowd->come();
    calls.join();

    ASSERT_FALSE(one_more);
    EXPECT_EQ(one_more.error().id(), "busy");
    EXPECT_EQ(one_more.error().outcome(), Outcome::not_run);
    EXPECT_THAT(all, Each(AnyOf("right", "busy")));
    EXPECT_THAT(all, Contains("busy"));
    EXPECT_EQ(Remote<NearApi>{client}.call<Leaf>(within(60s), 1), 2);
}

struct Meet : Callback<"meet()", int()> {};
struct Answer : Callback<"answer()", int()> {};
struct LeftApi : Api<"Left", Meet, Answer> {};
struct RightApi : Api<"Right", Meet, Answer> {};

/// Calls the other one when both are in a call.
template <class Own, class Other>
struct Side : Service<Own> {
    Side(Node& node, std::shared_ptr<std::barrier<>> when_both) : other{node}, both{std::move(when_both)} {}
    Result<int> on(Meet) {
        both->arrive_and_wait();
        const auto result = other.template try_call<Answer>();
        nested->set_value(result ? "a value" : std::string{result.error().id()});
        return result;
    }
    int on(Answer) { return 1; }

    Remote<Other> other;
    std::shared_ptr<std::barrier<>> both;
    std::shared_ptr<std::promise<std::string>> nested = std::make_shared<std::promise<std::string>>();
};

TEST(NestedCalls, OfTwoSerialServicesThatNeedEachOtherWaitForTheFirstDeadline) {
    Node home{few_workers()};
    Node away{joined_to(home, "away")};
    Node client{joined_to(home, "client")};
    const auto both = std::make_shared<std::barrier<>>(2);
    const Side<LeftApi, RightApi> in_home{home, both};
    const Side<RightApi, LeftApi> in_away{away, both};
    home.start(in_home);
    away.start(in_away);
    ASSERT_TRUE(home.wait_for("Right", Deadline::in(60s)));
    ASSERT_TRUE(away.wait_for("Left", Deadline::in(60s)));
    ASSERT_TRUE(client.wait_for("Left", Deadline::in(60s)));
    ASSERT_TRUE(client.wait_for("Right", Deadline::in(60s)));
    Remote<LeftApi> left{client};
    Remote<RightApi> right{client};

    auto one = left.async<Meet>(within(3s));
    auto two = right.async<Meet>(within(60s));

    EXPECT_FALSE(one.get());
    EXPECT_THAT(in_home.nested->get_future().get(), AnyOf("expired", "deadline_exceeded"));
    const auto answered = two.get();
    ASSERT_TRUE(answered) << answered.error().text();
    EXPECT_EQ(*answered, 1);
    EXPECT_EQ(left.call<Answer>(within(60s)), 1);
    EXPECT_EQ(right.call<Answer>(within(60s)), 1);
}

} // namespace
} // namespace malla
