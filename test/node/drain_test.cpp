// SPDX-License-Identifier: Apache-2.0
// Nodes that leave while they are called.
#include "malla/node/remote.hpp"

#include "malla/node/channel.hpp"
#include "malla/wire/frame.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
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

struct Square : Callback<"square(x)", std::int64_t(std::int64_t)> {};
struct Where : Callback<"where()", std::string()> {};
struct NumbersApi : Api<"Numbers", Square, Where> {};

struct Numbers : Service<NumbersApi> {
    static constexpr bool concurrent = true;

    Result<void> start(const Starting& starting) {
        name = starting.node_name;
        return {};
    }
    std::int64_t on(Square, std::int64_t x) { return x * x; }
    std::string on(Where) { return name; }

    std::string name;
};

/// Threads that call without a pause until told to end, and count what went wrong.
class Load {
public:
    Load(Node& node, int threads) {
        for (int i = 0; i < threads; ++i)
            threads_.emplace_back([&] {
                for (std::int64_t x = 0; !end_; ++x) {
                    check(Remote<NumbersApi>{node}.try_call<Square>(x), x);
                    ++calls;
                }
            });
        threads_.emplace_back([&] {
            while (!end_) keep_futures(node);
        });
    }
    ~Load() { end(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void end() {
        end_ = true;
        for (auto& thread : threads_) thread.join();
        threads_.clear();
    }

    std::atomic<std::uint64_t> calls = 0;
    std::atomic<int> wrong = 0;

private:
    // Nobody waits for them while they are answered.
    void keep_futures(Node& node) {
        constexpr std::int64_t count = 20;
        std::vector<Future<std::int64_t>> futures;
        for (std::int64_t x = 0; x < count; ++x) futures.push_back(Remote<NumbersApi>{node}.async<Square>(x));
        const auto later = calls + 100;
        while (!end_ && calls < later) std::this_thread::yield();
        for (std::int64_t x = 0; x < count; ++x) check(futures[static_cast<std::size_t>(x)].get(), x);
    }

    void check(const Result<std::int64_t>& result, std::int64_t x) {
        if (result && *result == x * x) return;
        ++wrong;
        if (!result) ADD_FAILURE() << result.error().id() << ": " << result.error().info();
    }

    std::atomic<bool> end_ = false;
    std::vector<std::thread> threads_;
};

/// Starts a new instance before the old one ends, again and again.
void restart_often(Node& caller, const Node& rendezvous) {
    const auto start = [&](int number) {
        auto node = std::make_unique<Node>(joined_to(rendezvous, "instance-" + std::to_string(number)));
        node->start<Numbers>();
        EXPECT_TRUE(caller.wait_for("Numbers", Deadline::in(30s), node->name()));
        return node;
    };
    auto first = start(0);
    auto second = start(1);
    Load load{caller, 4};
    for (int number = 2; number < 22; ++number) {
        auto& old = number % 2 == 0 ? first : second;
        const auto before = load.calls.load();
        ASSERT_TRUE(eventually([&] { return load.calls > before + 50; }, 60s));
        old->stop();
        old = start(number);
    }
    load.end();
    EXPECT_EQ(load.wrong, 0) << "of " << load.calls << " calls";
}

TEST(Draining, ARollingRestartLosesNoCall) {
    Node caller{alone("caller")};

    restart_often(caller, caller);
}

TEST(Draining, ARollingRestartLosesNoCallWhereOthersTellOfIt) {
    const Node rendezvous{alone("rendezvous")};
    NodeOptions options = joined_to(rendezvous, "caller");
    options.hosts = false;
    Node caller{std::move(options)};

    restart_often(caller, rendezvous);
}

TEST(Draining, TheNodeThatOthersJoinedThroughLosesNoCallEither) {
    for (int round = 0; round < 10; ++round) {
        auto first = std::make_unique<Node>(alone("first"));
        Node caller{joined_to(*first, "caller")};
        Node second{joined_to(caller, "second")};
        first->start<Numbers>();
        second.start<Numbers>();
        ASSERT_TRUE(caller.wait_for("Numbers", Deadline::in(30s), "first"));
        ASSERT_TRUE(caller.wait_for("Numbers", Deadline::in(30s), "second"));
        Load load{caller, 3};
        ASSERT_TRUE(eventually([&] { return load.calls > 50; }, 60s));

        first->stop();

        load.end();
        ASSERT_EQ(load.wrong, 0) << "of " << load.calls << " calls in round " << round;
    }
}

/// Calls "where" by a connection of which no directory knows; gives the answer or the status.
std::string where_by(Channel& channel, std::uint64_t id) {
    wire::Call call;
    call.id = id;
    call.remaining_us = 60'000'000;
    call.service = "Numbers";
    call.callback = "where";
    call.content = wire::Content::json;
    std::string frame;
    EXPECT_TRUE(wire::encode_header(frame, call));
    Attempt attempt{id, frame + "[]", false};
    channel.submit(attempt);
    EXPECT_TRUE(eventually([&] { return channel.flush(), channel.wait(attempt, Deadline{Clock::now()}); }, 60s));
    return attempt.outcome() ? std::string{attempt.outcome()->body()} : std::string{attempt.outcome().error().id()};
}

TEST(Draining, ACallerThatHearsNoGoodbyeDoesNotKeepTheNode) {
    Node node{alone("node")};
    node.start<Numbers>();
    const auto channel = *Channel::open(node.endpoint(), "node", {});
    EXPECT_EQ(where_by(*channel, 1), "\"node\"");

    node.stop(); // returns
}

TEST(Draining, ANodeTellsThoseWhoCallItThatItLeaves) {
    Node node{alone("node")};
    node.start<Numbers>();
    std::atomic<bool> leaves = false;
    const auto channel = *Channel::open(node.endpoint(), "node", {}, [&] { leaves = true; });
    EXPECT_EQ(where_by(*channel, 1), "\"node\"");
    EXPECT_FALSE(leaves);

    std::jthread stopper{[&] { node.stop(); }};
    for (std::uint64_t id = 2; !leaves && !HasFailure(); ++id)
        EXPECT_THAT(where_by(*channel, id), testing::AnyOf("\"node\"", "draining"));
    channel->die();
}

/// How long two nodes that called each other take to end, by `stop`.
template <class Stop>
Clock::duration ending_takes(Stop stop) {
    Node one{alone("one")};
    Node other{joined_to(one, "other")};
    one.start<Numbers>();
    other.start<Numbers>();
    const auto where = [](Node& from, std::string on) {
        CallOptions there;
        there.on = std::move(on);
        return Remote<NumbersApi>{from}.call<Where>(there);
    };
    EXPECT_EQ(where(one, "other"), "other");
    EXPECT_EQ(where(other, "one"), "one");
    const auto began = Clock::now();
    stop(one, other);
    return Clock::now() - began;
}

// The machine may be slow, but not every time; a node that waits to the limit does so every time.
constexpr auto quick = 400ms;
constexpr int tries = 20;

TEST(Draining, NodesWhoseCallersHearTheGoodbyeEndAtOnce) {
    const auto one_by_one = [](Node& one, Node& other) {
        other.stop();
        one.stop();
    };
    int slow = 0;
    while (slow < tries && ending_takes(one_by_one) > quick) ++slow;
    EXPECT_LT(slow, tries);
}

TEST(Draining, NodesThatCallEachOtherDoNotWaitForEachOther) {
    const auto together = [](Node& one, Node& other) {
        const std::jthread stopper{[&] { one.stop(); }};
        other.stop();
    };
    int slow = 0;
    while (slow < tries && ending_takes(together) > quick) ++slow;
    EXPECT_LT(slow, tries);
}

} // namespace
} // namespace malla
