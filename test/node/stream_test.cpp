// SPDX-License-Identifier: Apache-2.0
// Streams of results between nodes, and within one.
#include "malla/base/log.hpp"
#include "malla/node/remote.hpp"
#include "malla/wire/frame.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::eventually;
using test::joined_to;

struct Numbers : Callback<"numbers(from, to)", Stream<std::int64_t>(std::int64_t, std::int64_t)> {};
struct Texts : Callback<"texts(count, bytes)", Stream<std::string>(std::uint32_t, std::uint32_t)> {};
struct Broken : Callback<"broken(values)", Stream<int>(int)> {};
struct Silent : Callback<"silent()", Stream<int>()> {};
struct Serve : Callback<"serve()", int()> {};
struct SourceApi : Api<"Source", Numbers, Texts, Broken, Silent, Serve> {};

/// What the streams of a service have done so far.
struct Log {
    std::atomic<std::int64_t> made = 0;  ///< values
    std::atomic<std::int64_t> alive = 0; ///< functions
    std::atomic<bool> told_to_stop = false;
};

/// Counts the functions that there are.
class Alive {
public:
    explicit Alive(std::shared_ptr<Log> log) : log_{std::move(log)} { ++log_->alive; }
    Alive(Alive&& other) noexcept : log_{std::move(other.log_)} {}
    Alive& operator=(Alive&&) = delete;
    ~Alive() {
        if (log_) --log_->alive;
    }
    Log* operator->() const noexcept { return log_.get(); }

private:
    std::shared_ptr<Log> log_;
};

template <bool Concurrent>
struct Source : Service<SourceApi> {
    static constexpr bool concurrent = Concurrent;

    explicit Source(std::shared_ptr<Log> shared) : log{std::move(shared)} {}

    Stream<std::int64_t> on(Numbers, std::int64_t from, std::int64_t to) {
        return [from, to, alive = Alive{log}]() mutable -> std::optional<std::int64_t> {
            if (from > to) return std::nullopt;
            ++alive->made;
            return from++;
        };
    }
    Stream<std::string> on(Texts, std::uint32_t count, std::uint32_t bytes) {
        return [count, bytes, alive = Alive{log}]() mutable -> std::optional<std::string> {
            if (count-- == 0) return std::nullopt;
            ++alive->made;
            return std::string(bytes, 'x');
        };
    }
    Stream<int> on(Broken, int values) {
        return [values, alive = Alive{log}]() mutable -> std::optional<int> {
            if (values-- == 0) throw std::runtime_error{"secret"};
            return values;
        };
    }
    /// Gives one value, and then none until it is told to stop.
    Stream<int> on(Silent) {
        return [first = true, alive = Alive{log}]() mutable -> std::optional<int> {
            if (std::exchange(first, false)) return 1;
            std::mutex mutex;
            std::condition_variable_any never;
            std::unique_lock lock{mutex};
            (void)never.wait(lock, current_call()->cancelled, [] { return false; });
            alive->told_to_stop = true;
            return std::nullopt;
        };
    }
    int on(Serve) { return 7; }

    std::shared_ptr<Log> log;
};

NodeOptions hasty(NodeOptions options) {
    options.drain_limit = 100ms;
    options.timeout = 30s;
    return options;
}

template <class Values>
auto all(Values&& stream) {
    std::vector<std::remove_cvref_t<decltype(*stream.begin())>> values;
    for (auto& value : stream) values.push_back(std::move(value));
    return values;
}

template <class Values>
bool gives_value(Values& stream) {
    const auto value = stream.next();
    return value && *value;
}

std::vector<std::int64_t> up_to(std::int64_t last) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t n = 1; n <= last; ++n) numbers.push_back(n);
    return numbers;
}

/// Whether the service runs several calls at once, and whether its caller is its own node.
struct Setting {
    bool concurrent;
    bool here;
};

class NodeStream : public ::testing::TestWithParam<Setting> {
protected:
    NodeStream() {
        before_ = set_log_sink([](LogLevel, std::string_view) noexcept {});
        if (GetParam().concurrent) server->start<Source<true>>(Source<true>{log});
        else server->start<Source<false>>(Source<false>{log});
    }
    ~NodeStream() override {
        client.stop();
        server.reset();
        EXPECT_EQ(log->alive, 0);
        set_log_sink(before_);
    }

    Node& caller() { return GetParam().here ? *server : client; }

    std::shared_ptr<Log> log = std::make_shared<Log>();
    std::unique_ptr<Node> server = std::make_unique<Node>(hasty(alone("server")));
    Node client{hasty(joined_to(*server, "client"))};
    Remote<SourceApi> source{caller()};

private:
    LogSink before_;
};

std::string name_of_setting(const ::testing::TestParamInfo<Setting>& info) {
    return std::string{info.param.concurrent ? "Concurrent" : "Serial"} + (info.param.here ? "Here" : "Elsewhere");
}

INSTANTIATE_TEST_SUITE_P(All, NodeStream,
                         ::testing::Values(Setting{false, false}, Setting{true, false}, Setting{false, true},
                                           Setting{true, true}),
                         name_of_setting);

TEST_P(NodeStream, GivesAllValuesInOrder) {
    EXPECT_EQ(all(source.stream<Numbers>(1, 3)), up_to(3));
    EXPECT_EQ(all(source.stream<Numbers>(1, 5000)), up_to(5000));
    EXPECT_EQ(all(source.stream<Numbers>(1, 0)), up_to(0));
}

TEST_P(NodeStream, GivesJsonByName) {
    auto stream = caller().stream("Source", "numbers", "[1,2]");

    EXPECT_EQ(**stream.next(), "1");
    EXPECT_EQ(**stream.next(), "2");
    EXPECT_EQ(*stream.next(), std::nullopt);
    EXPECT_EQ(*stream.next(), std::nullopt);
}

TEST_P(NodeStream, OfACallbackWithOneValueGivesThatOne) {
    auto stream = caller().stream("Source", "serve", "[]");

    EXPECT_EQ(**stream.next(), "7");
    EXPECT_EQ(*stream.next(), std::nullopt);
}

TEST_P(NodeStream, IsRefusedToACallerWhoAsksForOneValue) {
    const auto result = caller().call("Source", "numbers", "[1,2]");

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "stream_required");
    EXPECT_EQ(result.error().outcome(), Outcome::answered);
}

TEST_P(NodeStream, ThatCannotBeReadIsAStatusAtItsBeginning) {
    EXPECT_EQ(caller().stream("Source", "numbers", "[1]").next().error().id(), "invalid_parameters");
    EXPECT_EQ(caller().stream("Source", "nothing", "[1]").next().error().id(), "request_op_unknown");
}

TEST_P(NodeStream, WhoseHandlerThrowsMidwayEndsWithAStatusAfterTheValues) {
    auto stream = source.stream<Broken>(3);
    for (int n = 2; n >= 0; --n) EXPECT_EQ(**stream.next(), n);

    const auto end = stream.next();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().id(), "internal_error");
    EXPECT_EQ(end.error().text().find("secret"), std::string::npos);
    EXPECT_EQ(*stream.next(), std::nullopt);
    EXPECT_THROW(all(source.stream<Broken>(3)), Error);
}

TEST_P(NodeStream, ThatIsLeftEarlyStopsItsHandler) {
    {
        auto stream = source.stream<Numbers>(1, 1'000'000'000);
        for (int n = 1; n <= 1000; ++n) ASSERT_EQ(**stream.next(), n);
        EXPECT_EQ(log->alive, 1);
    }
    EXPECT_TRUE(eventually([&] { return log->alive == 0; }));
    EXPECT_LE(log->made, 1000 + 512);
}

TEST_P(NodeStream, MakesNoMoreThanTheWindowForACallerThatDoesNotTake) {
    auto stream = source.stream<Numbers>(1, 1'000'000);
    EXPECT_EQ(**stream.next(), 1);

    if (!GetParam().here) {
        EXPECT_TRUE(eventually([&] { return log->made == 128; }));
    }
    EXPECT_EQ(source.call<Serve>(), 7); // neither the service nor its threads are kept
    EXPECT_LE(log->made, 128);
}

TEST_P(NodeStream, TakesValuesThatAreLargerThanTheWindow) {
    auto stream = source.stream<Texts>(4, 3 * 1024 * 1024);
    for (int n = 0; n < 4; ++n) {
        const auto value = stream.next();
        ASSERT_TRUE(value) << value.error().text();
        EXPECT_EQ((*value)->size(), 3U * 1024 * 1024);
    }
    EXPECT_EQ(*stream.next(), std::nullopt);
}

TEST_P(NodeStream, HasNoMoreBytesUnderWayThanTheWindowAndOneValue) {
    auto stream = source.stream<Texts>(100, 256 * 1024);
    ASSERT_TRUE(gives_value(stream));

    if (!GetParam().here) {
        EXPECT_TRUE(eventually([&] { return log->made >= 4; }));
    }
    EXPECT_EQ(source.call<Serve>(), 7);
    EXPECT_LE(log->made, 5);
}

TEST_P(NodeStream, EndsAtTheDeadlineOfItsCaller) {
    Status end{"expired"};
    for (auto limit = 50ms; end.outcome() == Outcome::not_run; limit *= 2) { // until it begins in time
        auto stream = source.stream<Numbers>(within(limit), 1, 1'000'000'000);
        Result<std::optional<std::int64_t>> value = std::optional<std::int64_t>{};
        while ((value = stream.next()) && *value) {
        }
        ASSERT_FALSE(value);
        end = value.error();
    }

    EXPECT_EQ(end.id(), "deadline_exceeded");
}

/// Passes on what another node gives.
struct Relay : Service<SourceApi> {
    static constexpr bool concurrent = true;

    explicit Relay(Node& at) : node{&at} {}

    Stream<std::int64_t> on(Numbers, std::int64_t from, std::int64_t to) {
        CallOptions options;
        options.on = "server";
        return [inner = Remote<SourceApi>{*node}.stream<Numbers>(options, from, to)]() mutable { return inner.next(); };
    }

    Node* node;
};

class NodeStreamElsewhere : public NodeStream {
protected:
    /// One that asked for a stream with credit for four values, which were made for it; null in vain.
    std::unique_ptr<transport::Socket> dealer_with_four_values() {
        auto dealer = *transport::Socket::open(transport::Pattern::dealer);
        if (!dealer->connect(server->endpoint())) return nullptr;
        wire::Call call;
        call.id = 1;
        call.origin = NodeId::random();
        call.remaining_us = 60'000'000;
        call.content = wire::Content::json;
        call.window = wire::Window{4, 1000};
        call.service = "Source";
        call.callback = "numbers";
        call.body = "[1,1000000]";
        const bool made = eventually([&] { return dealer->send(*wire::encode(call)) == transport::Sent::sent; }) &&
                          eventually([&] { return log->made == 4; });
        return made ? std::move(dealer) : nullptr;
    }
};
INSTANTIATE_TEST_SUITE_P(All, NodeStreamElsewhere, ::testing::Values(Setting{false, false}, Setting{true, false}),
                         name_of_setting);

TEST_P(NodeStreamElsewhere, WithoutAValueForTheTimeoutEndsAndItsHandlerIsTold) {
    NodeOptions options = hasty(joined_to(*server, "impatient"));
    options.timeout = 100ms;
    Node impatient{options};
    Remote<SourceApi> asked{impatient};
    auto stream = asked.stream<Silent>();
    const auto has_begun = [&] {
        const auto first = stream.next();
        if (!first || !*first) stream = asked.stream<Silent>();
        return first && *first;
    };
    ASSERT_TRUE(eventually(has_begun)); // in time

    const auto end = stream.next();

    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().id(), "deadline_exceeded");
    EXPECT_EQ(end.error().outcome(), Outcome::unknown);
    EXPECT_TRUE(eventually([&] { return log->told_to_stop && log->alive == 0; }));
}

TEST_P(NodeStreamElsewhere, ThatIsLeftEarlyIsToldWhileItMakesAValue) {
    {
        auto stream = source.stream<Silent>();
        ASSERT_TRUE(gives_value(stream));
    }
    EXPECT_TRUE(eventually([&] { return log->told_to_stop && log->alive == 0; }));
}

TEST_P(NodeStreamElsewhere, EndsInTimeWhenItsNodeLeaves) {
    auto stream = source.stream<Numbers>(1, 1'000'000'000);
    ASSERT_TRUE(gives_value(stream));

    std::thread leaving{[&] { server->stop(); }};
    Result<std::optional<std::int64_t>> value = std::optional<std::int64_t>{};
    while ((value = stream.next()) && *value) {
    }
    leaving.join();

    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().id(), "shutdown");
    EXPECT_EQ(value.error().outcome(), Outcome::unknown);
}

TEST_P(NodeStreamElsewhere, ThatNobodyTakesEndsInTimeWhenItsNodeLeaves) {
    auto stream = source.stream<Numbers>(1, 1'000'000'000);
    ASSERT_TRUE(gives_value(stream));
    ASSERT_TRUE(eventually([&] { return log->made == 128; }));

    server->stop();

    EXPECT_EQ(log->alive, 0);
}

TEST_P(NodeStreamElsewhere, IsStoppedWhenTheConnectionOfItsCallerEnds) {
    // Neither CANCEL nor a goodbye: a DEALER that calls and closes.
    const auto dealer = dealer_with_four_values();
    ASSERT_TRUE(dealer);

    dealer->close();

    EXPECT_TRUE(eventually([&] { return log->alive == 0; }));
    EXPECT_EQ(log->made, 4);
}

TEST_P(NodeStreamElsewhere, TakesNoMoreCreditThanWasGivenAtFirst) {
    const auto dealer = dealer_with_four_values();
    ASSERT_TRUE(dealer);

    EXPECT_EQ(dealer->send(wire::encode(wire::Credit{1, 1'000'000, 1'000'000'000})), transport::Sent::sent);
    EXPECT_EQ(dealer->send(wire::encode(wire::Credit{2, 7, 7})), transport::Sent::sent);
    EXPECT_EQ(dealer->send(wire::encode(wire::Ping{5})), transport::Sent::sent);

    EXPECT_TRUE(eventually([&] { return log->made == 8; }));
    std::vector<transport::Message> messages;
    while (messages.size() < 9) dealer->receive(messages, Deadline::in(10s));
    EXPECT_EQ(log->made, 8);
}

TEST_P(NodeStreamElsewhere, ManyAtOnceDoNotHinderEachOtherNorCalls) {
    std::vector<RemoteStream<std::int64_t>> idle;
    for (int n = 0; n < 100; ++n) idle.push_back(source.stream<Numbers>(1, 1'000'000));
    for (auto& stream : idle) ASSERT_EQ(**stream.next(), 1);
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int n = 0; n < 4; ++n)
        threads.emplace_back([&] {
            Remote<SourceApi> own{client};
            for (int round = 0; round < 5; ++round) {
                right += all(own.stream<Numbers>(1, 300)) == up_to(300);
                right += own.call<Serve>() == 7;
            }
        });
    for (auto& thread : threads) thread.join();

    EXPECT_EQ(right, 4 * 5 * 2);
    for (auto& stream : idle) ASSERT_EQ(**stream.next(), 2);
}

TEST_P(NodeStreamElsewhere, IsPassedOnByAServiceThatTakesIt) {
    Node relay{hasty(joined_to(*server, "relay"))};
    relay.start<Relay>(Relay{relay});
    ASSERT_TRUE(client.wait_for("Source", Deadline::in(10s), "relay"));
    CallOptions options;
    options.on = "relay";

    EXPECT_EQ(all(source.stream<Numbers>(options, 1, 1000)), up_to(1000));
    {
        auto stream = source.stream<Numbers>(options, 1, 1'000'000'000);
        ASSERT_TRUE(gives_value(stream));
    }
    EXPECT_TRUE(eventually([&] { return log->alive == 0; }));
}

} // namespace
} // namespace malla
