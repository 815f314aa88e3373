// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"
#include "malla/node/remote.hpp"
#include "node/nodes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::joined_to;

struct Double : Callback<"double(x)", double(double)> {};
struct Throw : Callback<"throw(text)", void(std::string)> {};
struct Refuse : Callback<"refuse(field)", int(std::string)> {};
struct Inside : Callback<"inside()", int()> {};
struct Left : Callback<"left()", double()> {};
struct SeriesApi : Api<"Series", Double, Throw, Refuse, Inside, Left> {};

/// Runs one call at a time, and would notice if not.
struct Series : Service<SeriesApi> {
    double on(Double, double x) { return 2 * x; }
    void on(Throw, std::string text) { throw std::runtime_error{text}; }
    Result<int> on(Refuse, std::string field) { return Status{"field_invalid", field}; }
    int on(Inside) {
        const int now = ++*inside;
        std::this_thread::yield();
        --*inside;
        return now;
    }
    double on(Left) { return std::chrono::duration<double>(current_call()->deadline.left(Clock::now())).count(); }

    std::shared_ptr<std::atomic<int>> inside = std::make_shared<std::atomic<int>>(0);
};

struct Hold : Callback<"hold()", int()> {};
struct HoldApi : Api<"Hold", Hold> {};

/// Answers when it is let go, or when its caller no longer waits.
struct Holder : Service<HoldApi> {
    static constexpr bool concurrent = true;

    explicit Holder(std::shared_ptr<std::latch> when_begun) : begun{std::move(when_begun)} {}

    int on(Hold) {
        begun->count_down();
        const auto cancelled = current_call()->cancelled;
        std::unique_lock lock{*mutex};
        return let_go->wait(lock, cancelled, [this] { return *open; }) ? 1 : 0;
    }

    std::shared_ptr<std::latch> begun;
    std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
    std::shared_ptr<std::condition_variable_any> let_go = std::make_shared<std::condition_variable_any>();
    std::shared_ptr<bool> open = std::make_shared<bool>(false);

    void release() {
        const std::lock_guard lock{*mutex};
        *open = true;
        let_go->notify_all();
    }
};

class TwoNodes : public ::testing::Test {
protected:
    Node server{alone("server")};
    Node client{joined_to(server, "client")};
};

TEST_F(TwoNodes, CallEachOtherByContract) {
    server.start<Series>();

    EXPECT_EQ(Remote<SeriesApi>{client}.call<Double>(21), 42);
}

TEST_F(TwoNodes, CallBothWays) {
    client.start<Series>();

    EXPECT_EQ(Remote<SeriesApi>{server}.call<Double>(4), 8);
}

TEST_F(TwoNodes, CallByNameWithJson) {
    server.start<Series>();

    EXPECT_EQ(*client.call("Series", "double", "[1.5]"), "3");
    EXPECT_EQ(*client.call("Series", "double", R"({"x":4})"), "8");
}

TEST_F(TwoNodes, ACallOfTheOwnServiceNeedsNoNetwork) {
    server.start<Series>();

    EXPECT_EQ(Remote<SeriesApi>{server}.call<Double>(5), 10);
    EXPECT_EQ(*server.call("Series", "double", "[5]"), "10");
}

TEST_F(TwoNodes, AStatusComesBackWhole) {
    server.start<Series>();

    const auto result = Remote<SeriesApi>{client}.try_call<Refuse>("colour");

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), (Status{"field_invalid", "colour"}));
    EXPECT_THROW(Remote<SeriesApi>{client}.call<Refuse>("colour"), Error);
}

TEST_F(TwoNodes, AnExceptionBecomesAStatusWithoutItsText) {
    malla::set_log_sink([](LogLevel, std::string_view) noexcept {});
    server.start<Series>();

    const auto result = Remote<SeriesApi>{client}.try_call<Throw>("secret");

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "internal_error");
    EXPECT_THAT(result.error().text(), ::testing::Not(::testing::HasSubstr("secret")));
    EXPECT_EQ(Remote<SeriesApi>{client}.call<Double>(1), 2); // the service goes on
}

TEST_F(TwoNodes, AnUnknownCallbackIsAnswered) {
    server.start<Series>();

    const auto result = client.call("Series", "triple", "[1]");

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "request_op_unknown");
    EXPECT_EQ(result.error().outcome(), Outcome::answered);
}

struct Halve : Callback<"halve(x)", double(double)> {};
struct OtherSeriesApi : Api<"Series", Halve> {};
struct OtherSeries : Service<OtherSeriesApi> {
    double on(Halve, double x) { return x / 2; }
};

TEST_F(TwoNodes, ACallGoesToAnInstanceThatHasTheCallback) {
    server.start<Series>();
    Node third{joined_to(server, "third")};
    third.start<OtherSeries>();
    while (client.instances_of("Series").size() < 2) std::this_thread::yield();

    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(*client.call("Series", "double", "[2]"), "4");
        EXPECT_EQ(*client.call("Series", "halve", "[2]"), "1");
    }
}

TEST_F(TwoNodes, WrongArgumentsAreAnswered) {
    server.start<Series>();

    for (const auto* arguments : {"[]", "[1,2]", "[\"a\"]", "{\"y\":1}", "[", "5"}) {
        const auto result = client.call("Series", "double", arguments);
        ASSERT_FALSE(result) << arguments;
        EXPECT_EQ(result.error().outcome(), Outcome::answered) << arguments;
        EXPECT_EQ(result.error().code(), 400) << arguments << ": " << result.error().text();
    }
}

TEST_F(TwoNodes, AServiceThatNobodyHasIsNotRunAtTheDeadline) {
    const auto result = Remote<SeriesApi>{client}.try_call<Double>(within(20ms), 1);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "service_not_available");
    EXPECT_EQ(result.error().outcome(), Outcome::not_run);
}

TEST_F(TwoNodes, NoWaitDecidesAtTheFirstSnapshot) {
    CallOptions options = within(10s);
    options.no_wait = true;

    const auto result = client.call("Series", "double", "[1]", options);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "service_not_available");
}

TEST_F(TwoNodes, ACallWaitsForAServiceThatComesLater) {
    auto later = Remote<SeriesApi>{client}.async<Double>(within(20s), 3);
    server.start<Series>();

    EXPECT_EQ(*later.get(), 6);
}

TEST_F(TwoNodes, TheDeadlineTravels) {
    server.start<Series>();

    const double left = Remote<SeriesApi>{client}.call<Left>(within(2s));

    EXPECT_GT(left, 0.5);
    EXPECT_LE(left, 2.0);
}

TEST_F(TwoNodes, ADeadlineThatPassesInTheHandlerIsUnknownAndCancelsIt) {
    auto begun = std::make_shared<std::latch>(1);
    server.start(Holder{begun});

    ASSERT_TRUE(client.wait_for("Hold", Deadline::in(10s)));
    Status end{"expired"};
    for (auto limit = 50ms; end.outcome() == Outcome::not_run; limit *= 2) { // until it begins in time
        const auto result = Remote<HoldApi>{client}.try_call<Hold>(within(limit));
        ASSERT_FALSE(result);
        end = result.error();
    }
    EXPECT_EQ(end.id(), "deadline_exceeded");
    EXPECT_EQ(end.outcome(), Outcome::unknown);
    begun->wait();
    server.stop(); // would wait for the handler, which only the cancellation ends
}

TEST_F(TwoNodes, ALostFutureCancelsItsCall) {
    auto begun = std::make_shared<std::latch>(1);
    server.start(Holder{begun});
    ASSERT_TRUE(client.wait_for("Hold", Deadline::in(10s)));
    {
        auto future = Remote<HoldApi>{client}.async<Hold>();
        begun->wait();
    }
    server.stop();
}

TEST_F(TwoNodes, ASerialServiceRunsOneCallAtATime) {
    server.start<Series>();
    std::vector<std::jthread> callers;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back([&] {
            for (int n = 0; n < 200; ++n)
                if (Remote<SeriesApi>{client}.call<Inside>() != 1) ++wrong;
        });
    callers.clear();
    EXPECT_EQ(wrong, 0);
}

TEST_F(TwoNodes, ASlowHandlerDelaysOnlyItsOwnService) {
    auto begun = std::make_shared<std::latch>(3);
    Holder holder{begun};
    server.start(holder);
    server.start<Series>();
    ASSERT_TRUE(client.wait_for("Hold", Deadline::in(10s)));
    auto first = Remote<HoldApi>{client}.async<Hold>();
    auto second = Remote<HoldApi>{client}.async<Hold>();
    auto third = Remote<HoldApi>{client}.async<Hold>();
    EXPECT_FALSE(first.wait_until(Deadline::in(1ms)));
    begun->wait();

    EXPECT_EQ(Remote<SeriesApi>{client}.call<Double>(1), 2);
    holder.release();
    EXPECT_EQ(*first.get() + *second.get() + *third.get(), 3);
}

TEST_F(TwoNodes, ManyFuturesKeepTheirAnswers) {
    server.start<Series>();
    std::vector<Future<double>> futures;
    for (int i = 0; i < 2'000; ++i) futures.push_back(Remote<SeriesApi>{client}.async<Double>(i));
    for (int i = 0; i < 2'000; ++i) EXPECT_EQ(*futures[static_cast<std::size_t>(i)].get(), 2 * i);
}

TEST_F(TwoNodes, ADrainingNodeAnswersWhatRunsAndRefusesWhatComes) {
    auto begun = std::make_shared<std::latch>(1);
    Holder holder{begun};
    server.start(holder);
    ASSERT_TRUE(client.wait_for("Hold", Deadline::in(10s)));
    auto running = Remote<HoldApi>{client}.async<Hold>();
    begun->wait();
    std::jthread stopper{[this] { server.stop(); }};
    while (client.instances_of("Hold").front().status != RunningStatus::draining) std::this_thread::yield();

    const auto refused = Remote<HoldApi>{client}.try_call<Hold>(within(500ms));
    holder.release();

    const auto answered = running.get();
    ASSERT_TRUE(answered) << answered.error().text();
    EXPECT_EQ(*answered, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().outcome(), Outcome::not_run) << refused.error().text();
}

TEST_F(TwoNodes, AServiceIsListedWithItsCallbacks) {
    server.start<Series>();
    ASSERT_TRUE(client.wait_for("Series", Deadline::in(10s)));

    const auto instances = client.instances_of("Series");

    ASSERT_EQ(instances.size(), 1u);
    EXPECT_EQ(instances[0].node_name, "server");
    EXPECT_EQ(instances[0].status, RunningStatus::running);
    ASSERT_EQ(instances[0].callbacks.size(), 5u);
    EXPECT_EQ(instances[0].callbacks[0].name, "double");
}

TEST_F(TwoNodes, AServiceOfOneNameIsStartedOnce) {
    server.start<Series>();

    try {
        server.start<Series>();
        FAIL() << "the second one started too";
    } catch (const Error& error) {
        EXPECT_EQ(error.status().id(), "already_started");
    }
    EXPECT_EQ(Remote<SeriesApi>{client}.call<Double>(1), 2);
}

struct Ping : Callback<"ping(depth)", int(int)> {};
struct PingApi : Api<"Ping", Ping> {};
struct Pong : Callback<"pong(depth)", int(int)> {};
struct PongApi : Api<"Pong", Pong> {};

struct Pinger : Service<PingApi> {
    explicit Pinger(Node& node) : pong{node} {}
    Remote<PongApi> pong;
    int on(Ping, int depth) { return depth == 0 ? 0 : 1 + pong.call<Pong>(depth - 1); }
};
struct Ponger : Service<PongApi> {
    explicit Ponger(Node& node) : ping{node} {}
    Remote<PingApi> ping;
    int on(Pong, int depth) { return depth == 0 ? 0 : 1 + ping.call<Ping>(depth - 1); }
};

TEST_F(TwoNodes, ACircleOfSerialServicesDoesNotDeadlock) {
    server.start(Pinger{server});
    client.start(Ponger{client});

    EXPECT_EQ(Remote<PingApi>{client}.call<Ping>(within(20s), 20), 20);
}

TEST_F(TwoNodes, ACircleWithinOneNodeDoesNotDeadlock) {
    server.start(Pinger{server});
    server.start(Ponger{server});

    EXPECT_EQ(Remote<PingApi>{client}.call<Ping>(within(20s), 20), 20);
    EXPECT_EQ(Remote<PingApi>{server}.call<Ping>(within(20s), 20), 20);
}

TEST(Node, ANodeThatDiesDuringACallLeavesItUnknown) {
    Node client{alone("client")};
    auto begun = std::make_shared<std::latch>(1);
    NodeOptions options = joined_to(client, "server");
    options.drain_limit = 0s;
    auto server = std::make_unique<Node>(options);
    server->start(Holder{begun});
    ASSERT_TRUE(client.wait_for("Hold", Deadline::in(10s)));
    auto future = Remote<HoldApi>{client}.async<Hold>();
    begun->wait();

    server.reset();

    const auto result = future.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().outcome(), Outcome::unknown) << result.error().text();
}

struct Twice : Callback<"twice(x)", int(int)> {
    static constexpr bool idempotent = true;
};
struct TwiceApi : Api<"Twice", Twice> {};

/// The first call to reach one of the two never returns before it is cancelled.
struct Twicer : Service<TwiceApi> {
    static constexpr bool concurrent = true;

    Twicer(std::shared_ptr<std::atomic<int>> all_calls, std::shared_ptr<std::latch> when_begun)
        : calls{std::move(all_calls)}, begun{std::move(when_begun)} {}

    int on(Twice, int x) {
        if (++*calls > 1) return 2 * x;
        begun->count_down();
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any never;
        never.wait(lock, current_call()->cancelled, [] { return false; });
        return 0;
    }

    std::shared_ptr<std::atomic<int>> calls;
    std::shared_ptr<std::latch> begun;
};

TEST(Node, AnIdempotentCallRunsAgainElsewhereWhenItsNodeIsLost) {
    Node client{alone("client")};
    auto calls = std::make_shared<std::atomic<int>>(0);
    auto begun = std::make_shared<std::latch>(1);
    NodeOptions options = joined_to(client, "first");
    options.drain_limit = 0s;
    auto first = std::make_unique<Node>(options);
    first->start(Twicer{calls, begun});
    ASSERT_TRUE(client.wait_for("Twice", Deadline::in(10s)));
    auto typed = Remote<TwiceApi>{client}.async<Twice>(4);
    begun->wait();
    Node second{joined_to(client, "second")};
    second.start(Twicer{calls, begun});
    while (client.instances_of("Twice").size() < 2) std::this_thread::yield();

    first.reset();

    EXPECT_EQ(*typed.get(), 8);
    EXPECT_EQ(*calls, 2);
}

TEST(Node, RefusesToBindBeyondTheMachineWithoutCredentials) {
    NodeOptions options = alone("open");
    options.bind = "tcp://0.0.0.0:*";

    try {
        const Node node{options};
        FAIL() << "it bound";
    } catch (const Error& error) {
        EXPECT_EQ(error.status().id(), "credentials_required");
        EXPECT_EQ(error.status().exit_code(), ExitCode::refused);
    }
}

} // namespace
} // namespace malla
