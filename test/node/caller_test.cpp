// SPDX-License-Identifier: Apache-2.0
#include "malla/node/caller.hpp"

#include "malla/wire/frame.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Not;

/// Knows one instance from the beginning and the other when the whole mesh is heard; neither can
/// be reached.
class TwoInstances final : public CallWays {
public:
    std::vector<Instance> instances(const Request&) override {
        if (mesh_heard) return {{NodeId::random(), "having", "tcp://127.0.0.1:9", true}};
        return {{NodeId::random(), "lacking", "tcp://127.0.0.1:9", have_callback}};
    }
    Result<std::shared_ptr<Channel>> channel(const Instance& instance) override {
        asked.push_back(instance.node_name);
        return Status{"endpoint_unreachable", instance.endpoint};
    }
    void heard(const Request&, NodeId, const Status*) override {}
    bool allows_retry(const Request&) override { return true; }
    bool may_probe(const Request&, NodeId) override { return true; }
    void wait_for_change(std::uint64_t, Deadline) override {}
    std::uint64_t directory_version() override { return 1; }
    Status why_unavailable(const Request& request) override { return {"service_not_available", request.service}; }
    bool declared_idempotent(std::string_view, std::string_view) override { return false; }
    void wait_for_mesh(Deadline) override {}
    bool hear_mesh(Deadline until) override {
        const bool waits = !until.passed(Clock::now());
        mesh_heard = mesh_heard || (waits && can_be_heard);
        long_enough = long_enough || waits;
        return mesh_heard || long_enough;
    }
    NodeId id() const override { return id_; }
    std::string_view name() const override { return "caller"; }
    std::uint64_t next_call_number() override { return ++number_; }
    Clock::duration timeout() const override { return 500ms; }

    bool can_be_heard = true;
    bool have_callback = false; ///< the one that is known at once, too
    bool mesh_heard = false;
    bool long_enough = false;
    std::vector<std::string> asked;

private:
    NodeId id_ = NodeId::random();
    std::uint64_t number_ = 0;
};

Request request() {
    Request request;
    request.service = "Text";
    request.callback = "upper";
    return request;
}

TEST(CallState, HearsTheWholeMeshBeforeItAsksAnInstanceThatLacksTheCallback) {
    TwoInstances ways;
    CallState call{ways, request()};
    call.begin();
    EXPECT_TRUE(ways.asked.empty());

    EXPECT_TRUE(call.wait(Deadline::in(10s)));
    EXPECT_THAT(ways.asked, Contains("having"));
    EXPECT_THAT(ways.asked, Not(Contains("lacking")));
    EXPECT_EQ(call.outcome().error().id(), "endpoint_unreachable");
}

TEST(CallState, HearsTheWholeMeshBeforeAKeyChoosesAnInstance) {
    TwoInstances ways;
    ways.have_callback = true;
    Request keyed = request();
    keyed.options.key = "anna";
    CallState call{ways, keyed};
    call.begin();
    EXPECT_TRUE(ways.asked.empty());

    EXPECT_TRUE(call.wait(Deadline::in(10s)));
    EXPECT_EQ(ways.asked.front(), "having");
}

TEST(CallState, GoesOnForWhoeverOnlyLooks) {
    TwoInstances ways;
    CallState call{ways, request()};
    call.begin();
    EXPECT_FALSE(call.wait(Deadline{Clock::now()}));
    EXPECT_TRUE(ways.asked.empty());

    ways.mesh_heard = true;
    while (!call.wait(Deadline{Clock::now()}) && ways.asked.empty()) {
    }
    EXPECT_THAT(ways.asked, Contains("having"));
}

TEST(CallState, AsksAnInstanceThatLacksTheCallbackWhenThereIsNoOther) {
    TwoInstances ways;
    ways.can_be_heard = false;
    CallState call{ways, request()};
    call.begin();

    EXPECT_TRUE(call.wait(Deadline::in(10s)));
    EXPECT_THAT(ways.asked, Contains("lacking"));
}

/// Has one instance, whose ROUTER the test plays.
class OneInstance final : public CallWays {
public:
    std::vector<Instance> instances(const Request&) override { return {{node, "server", endpoint}}; }
    Result<std::shared_ptr<Channel>> channel(const Instance& instance) override {
        if (unreachable) return Status{"service_not_available", instance.node_name};
        const std::lock_guard lock{mutex_};
        if (!open_ || open_->dead()) open_ = *Channel::open(instance.endpoint, instance.node_name, {});
        return open_;
    }
    void heard(const Request&, NodeId, const Status* failure) override {
        said.push_back(failure ? std::string{failure->id()} : "a value");
    }
    bool allows_retry(const Request&) override { return budget; }
    bool may_probe(const Request&, NodeId) override { return true; }
    void wait_for_change(std::uint64_t, Deadline) override { std::this_thread::yield(); }
    std::uint64_t directory_version() override { return 1; }
    Status why_unavailable(const Request& request) override { return {"service_not_available", request.service}; }
    bool declared_idempotent(std::string_view, std::string_view) override { return false; }
    void wait_for_mesh(Deadline) override {}
    bool hear_mesh(Deadline) override { return true; }
    NodeId id() const override { return id_; }
    std::string_view name() const override { return "caller"; }
    std::uint64_t next_call_number() override { return ++number_; }
    Clock::duration timeout() const override { return 60s; }

    /// The message that the instance gets next.
    transport::Message next() {
        std::vector<transport::Message> inbox;
        for (const auto deadline = Deadline::in(60s); !deadline.passed(Clock::now());) {
            open()->flush(); // what a node does when the monitor says that it is connected
            if (router_->receive(inbox, Deadline::in(1ms), 1) != 0) return std::move(inbox.front());
        }
        return {};
    }
    void answer(const transport::Message& call, const Status& status) {
        const auto frame = wire::encode(wire::Failure{*wire::peek_id(call.bytes()), status});
        ASSERT_EQ(router_->send_to(call.peer(), frame), transport::Sent::sent);
    }
    void answer(const transport::Message& call) {
        wire::Reply reply;
        reply.id = *wire::peek_id(call.bytes());
        ASSERT_EQ(router_->send_to(call.peer(), wire::encode(reply)), transport::Sent::sent);
    }
    void lose() { open()->die(); }

private:
    std::shared_ptr<Channel> open() {
        const std::lock_guard lock{mutex_};
        return open_;
    }

    std::mutex mutex_;
    std::shared_ptr<Channel> open_;
    std::unique_ptr<transport::Socket> router_ = *transport::Socket::open(transport::Pattern::router);
    NodeId id_ = NodeId::random();
    std::uint64_t number_ = 0;

public:
    NodeId node = NodeId::random();
    std::string endpoint = *router_->bind("tcp://127.0.0.1:*");
    std::atomic<bool> unreachable = false;
    bool budget = true;
    std::vector<std::string> said;
};

class ACall : public ::testing::Test {
protected:
    /// Begins an idempotent one and gives it as the instance got it.
    transport::Message begin(Clock::duration limit) {
        Request wanted = request();
        wanted.idempotent = true;
        wanted.options = within(limit);
        call = std::make_unique<CallState>(ways, std::move(wanted));
        call->begin();
        auto message = ways.next();
        first_id = *wire::peek_id(message.bytes());
        return message;
    }
    std::string outcome() {
        if (!call->wait(Deadline::in(60s))) return "waits";
        if (call->outcome()) return "a value";
        return std::string{name_of(call->outcome().error().outcome())} + ' ' +
               std::string{call->outcome().error().id()};
    }

    OneInstance ways;
    std::unique_ptr<CallState> call;
    std::uint64_t first_id = 0;
};

TEST_F(ACall, ThatMayHaveRunAndIsRefusedLaterIsUnknown) {
    begin(200ms);
    ways.unreachable = true;
    ways.lose();

    EXPECT_EQ(outcome(), "unknown peer_lost");
    EXPECT_THAT(ways.said, ::testing::ElementsAre("peer_lost"));
}

TEST_F(ACall, ThatMayHaveRunIsSentAgainWithItsId) {
    begin(60s);
    ways.lose();
    std::jthread instance{[this] {
        const auto again = ways.next();
        EXPECT_EQ(*wire::peek_id(again.bytes()), first_id);
        ways.answer(again);
    }};

    EXPECT_EQ(outcome(), "a value");
}

TEST_F(ACall, ThatMayHaveRunIsNotSentAgainWithoutABudget) {
    begin(60s);
    ways.budget = false;
    ways.lose();

    EXPECT_EQ(outcome(), "unknown peer_lost");
}

TEST_F(ACall, ThatIsForgottenUnrunIsSentAsANewOne) {
    const auto message = begin(60s);
    std::jthread instance{[&] {
        ways.answer(message, Status{"forgotten"});
        const auto again = ways.next();
        EXPECT_GT(*wire::peek_id(again.bytes()), first_id);
        ways.answer(again);
    }};

    EXPECT_EQ(outcome(), "a value");
}

TEST_F(ACall, ThatIsToComeBackLaterDoesSoThoughTheDirectoryChangesAllTheTime) {
    const auto message = begin(60s);
    std::jthread instance{[&] {
        ways.answer(message, Status{"busy", "Text"}.set_data("retry_after_ms", "200"));
        ways.answer(ways.next());
    }};

    EXPECT_EQ(outcome(), "a value");
}

TEST_F(ACall, ThatIsRefusedAsBusyIsNotSentAgainWithoutABudget) {
    const auto message = begin(60s);
    ways.budget = false;
    ways.answer(message, Status{"busy", "Text"});

    EXPECT_EQ(outcome(), "not_run busy");
}

TEST_F(ACall, ThatIsRefusedForAnotherReasonNeedsNoBudget) {
    const auto message = begin(60s);
    ways.budget = false;
    std::jthread instance{[&] {
        ways.answer(message, Status{"draining", "Text"});
        ways.answer(ways.next());
    }};

    EXPECT_EQ(outcome(), "a value");
}

} // namespace
} // namespace malla
