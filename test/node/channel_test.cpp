// SPDX-License-Identifier: Apache-2.0
#include "malla/node/channel.hpp"

#include "malla/wire/directory.hpp"
#include "malla/wire/frame.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using transport::LinkEvent;
using transport::Message;

constexpr auto patience = 60s;

/// A node's ROUTER whose hand the test plays.
class Server {
public:
    [[nodiscard]] std::shared_ptr<Channel> connect(Channel::Window window = {},
                                                   std::function<void()> on_bye = {}) const {
        return *Channel::open(endpoint_, "server", window, std::move(on_bye));
    }

    /// The message that `channel` sends as soon as it is connected; an empty one when patience ran out.
    Message receive_from(Channel& channel) {
        std::vector<Message> inbox;
        for (const auto deadline = Deadline::in(patience); !deadline.passed(Clock::now());) {
            channel.flush(); // what a node does when the monitor says that it is connected
            if (router_->receive(inbox, Deadline::in(1ms), 1) != 0) return std::move(inbox.front());
        }
        return {};
    }
    void answer(const Message& call) {
        wire::Reply reply;
        reply.id = *wire::peek_id(call.bytes());
        std::string frame;
        wire::encode_header(frame, reply);
        send(call.peer(), frame);
    }
    void send(transport::Peer peer, const std::string& frame) {
        ASSERT_EQ(router_->send_to(peer, frame), transport::Sent::sent);
    }
    /// Whether a connection of this server ends.
    bool sees_an_end() {
        std::vector<LinkEvent> events;
        for (const auto deadline = Deadline::in(patience); !deadline.passed(Clock::now()); std::this_thread::yield()) {
            events.clear();
            monitor_->receive(events);
            for (const LinkEvent& event : events)
                if (event.kind == LinkEvent::Kind::disconnected) return true;
        }
        return false;
    }

private:
    std::unique_ptr<transport::Socket> router_ = *transport::Socket::open(transport::Pattern::router);
    std::unique_ptr<transport::Monitor> monitor_ = *router_->monitor();
    std::string endpoint_ = *router_->bind("tcp://127.0.0.1:*");
};

std::string call_frame(std::uint64_t id) {
    wire::Call call;
    call.id = id;
    call.service = "Echo";
    call.callback = "text";
    std::string frame;
    EXPECT_TRUE(wire::encode_header(frame, call));
    return frame;
}

/// One call of a channel.
struct Call : Attempt {
    explicit Call(std::uint64_t id) : Attempt{id, call_frame(id), false} {}

    /// "answered", or the identifier of the status; "waits" when patience ran out.
    std::string result(Channel& channel) {
        if (!channel.wait(*this, Deadline::in(patience))) return "waits";
        return outcome() ? "answered" : std::string{outcome().error().id()};
    }
};

/// Makes `call` and gives what the server got of it.
Message send(Channel& channel, Call& call, Server& server) {
    channel.submit(call);
    return server.receive_from(channel);
}

class RetiredChannel : public ::testing::Test {
protected:
    void retire() {
        channel->retire([this] { ++ended; });
    }

    Server server;
    std::shared_ptr<Channel> channel = server.connect();
    Call call{1};
    std::atomic<int> ended = 0;
};

TEST(Channel, GivesTheAnswerThatHasArrivedThoughItDiesInThatMoment) {
    Server server;
    for (int round = 0; round < 500; ++round) {
        const auto channel = server.connect();
        Call call{1};
        const Message message = send(*channel, call, server);
        std::string result;
        std::thread caller{[&] { result = call.result(*channel); }};
        server.answer(message);

        // Seen on this side, then taken by the caller, on its way to him or not yet: it counts.
        while (!channel->socket().readable() && channel->load() != 0) std::this_thread::yield();
        for (const auto moment = Clock::now() + std::chrono::microseconds{round % 50}; Clock::now() < moment;) {
        }
        channel->die();

        caller.join();
        ASSERT_EQ(result, "answered") << "round " << round;
    }
}

TEST(Channel, HandsOnThatTheNodeLeavesAndReceivesTheAnswersBehindIt) {
    Server server;
    bool leaves = false;
    const auto channel = server.connect({}, [&] { leaves = true; });
    Call call{1};
    const Message message = send(*channel, call, server);
    server.send(message.peer(), wire::encode(wire::Bye{NodeId::random(), 0}));
    server.answer(message);

    EXPECT_EQ(call.result(*channel), "answered");
    EXPECT_TRUE(leaves);
}

TEST(Channel, ThatIsAttendedGivesEachAnswerToItsCaller) {
    Server server;
    const auto channel = server.connect();
    for (std::uint64_t id = 1; id <= 100; ++id) {
        Call call{id};
        const Message message = send(*channel, call, server);
        std::string result;
        std::thread caller{[&] { result = call.result(*channel); }};
        server.answer(message);

        while (channel->load() != 0) channel->attend();

        caller.join();
        ASSERT_EQ(result, "answered");
    }
}

class SilentChannel : public ::testing::Test {
protected:
    /// Looks after it as often as a node does, for that time.
    void pass(Clock::duration time, bool unheard) {
        for (const auto until = now + time; now < until;) channel->look_after(now += 100ms, unheard);
    }

    Clock::time_point now = Clock::now();
    Server server;
    std::shared_ptr<Channel> channel = server.connect({.max_calls = 1});
    Call under_way{1};
    Call queued{2};
};

TEST_F(SilentChannel, AsksTheInstanceAndSendsTheNextCallWhenItSpeaksAgain) {
    const Message message = send(*channel, under_way, server);
    channel->submit(queued);
    pass(1000ms, false);
    EXPECT_FALSE(channel->silent());
    EXPECT_EQ(wire::peek(server.receive_from(*channel).bytes()), wire::Type::ping);

    pass(200ms, false);
    EXPECT_TRUE(channel->silent());
    EXPECT_EQ(queued.result(*channel), "service_not_available");
    Call next{3};
    channel->submit(next);
    server.answer(message);
    EXPECT_EQ(under_way.result(*channel), "answered");

    pass(100ms, false);
    EXPECT_FALSE(channel->silent());
    EXPECT_EQ(wire::peek(server.receive_from(*channel).bytes()), wire::Type::ping); // of the second beat
    EXPECT_EQ(wire::peek_id(server.receive_from(*channel).bytes()), 3U);
    channel->die();
    EXPECT_EQ(next.result(*channel), "peer_lost");
}

TEST_F(SilentChannel, LosesWhatIsUnderWayWhenNobodyElseHearsTheInstance) {
    const Message message = send(*channel, under_way, server);
    pass(3s, false);
    EXPECT_EQ(channel->load(), 1U); // somebody hears it, so it is busy

    std::string result;
    std::thread caller{[&] { result = under_way.result(*channel); }};
    pass(100ms, true);
    caller.join();
    EXPECT_EQ(result, "peer_lost");
    server.answer(message); // it may go on, and what it says counts
    ASSERT_TRUE(eventually([&] {
        channel->attend();
        pass(100ms, true);
        return !channel->silent();
    }));
}

TEST_F(SilentChannel, IsNoneWhenItOwesNothing) {
    const Message message = send(*channel, under_way, server);
    server.answer(message);
    EXPECT_EQ(under_way.result(*channel), "answered");
    pass(5s, true);
    EXPECT_FALSE(channel->silent());
}

TEST(Channel, EndsItsConnectionWhenItDies) {
    Server server;
    const auto channel = server.connect();
    Call call{1};
    const Message message = send(*channel, call, server);

    channel->die();

    EXPECT_TRUE(server.sees_an_end());
    EXPECT_EQ(call.result(*channel), "peer_lost");
    Call late{2};
    channel->submit(late);
    EXPECT_EQ(late.result(*channel), "service_not_available");
    EXPECT_EQ(channel->load(), 0u);
}

TEST_F(RetiredChannel, EndsAtOnceAndOnceWhenNothingIsUnderWay) {
    retire();
    EXPECT_EQ(ended, 1);

    retire();
    channel->submit(call);
    EXPECT_EQ(call.result(*channel), "service_not_available");
    EXPECT_EQ(ended, 1);
}

TEST_F(RetiredChannel, TakesNoNewCallsWhileItReceivesAnswers) {
    const Message message = send(*channel, call, server);

    retire();
    Call late{2};
    channel->submit(late);
    EXPECT_EQ(late.result(*channel), "service_not_available");
    EXPECT_EQ(late.outcome().error().outcome(), Outcome::not_run);
    EXPECT_EQ(ended, 0);
    server.answer(message);

    EXPECT_EQ(call.result(*channel), "answered");
    EXPECT_EQ(ended, 1);
}

TEST_F(RetiredChannel, DoesNotSendWhatIsQueued) {
    channel = server.connect({.max_calls = 1});
    const Message message = send(*channel, call, server);
    Call queued{2};
    channel->submit(queued);
    std::string result;
    std::thread caller{[&] { result = queued.result(*channel); }}; // perhaps the one that receives

    retire();

    caller.join();
    EXPECT_EQ(result, "service_not_available");
    EXPECT_EQ(ended, 0);
    server.answer(message);
    EXPECT_EQ(call.result(*channel), "answered");
    EXPECT_EQ(ended, 1);
}

TEST_F(RetiredChannel, EndsWhenAllCallersHaveTheirAnswers) {
    std::vector<std::unique_ptr<Call>> calls;
    std::vector<Message> messages;
    for (std::uint64_t id = 1; id <= 8; ++id) {
        calls.push_back(std::make_unique<Call>(id));
        messages.push_back(send(*channel, *calls.back(), server));
    }
    std::atomic<int> answered = 0;
    std::vector<std::thread> callers;
    for (auto& each : calls) callers.emplace_back([&] { answered += each->result(*channel) == "answered"; });

    retire();
    for (const Message& message : messages) {
        EXPECT_EQ(ended, 0);
        server.answer(message);
    }

    for (auto& caller : callers) caller.join();
    EXPECT_EQ(answered, 8);
    EXPECT_EQ(ended, 1);
}

TEST_F(RetiredChannel, EndsWhenNobodyWaitsForItsLastCall) {
    const Message message = send(*channel, call, server);

    retire();
    EXPECT_EQ(ended, 0);
    channel->abandon(call);

    EXPECT_EQ(ended, 1);
    EXPECT_EQ(call.outcome().error().id(), "deadline_exceeded");
}

TEST_F(RetiredChannel, KeepsAnAnswerForWhichNobodyWaits) {
    const Message message = send(*channel, call, server);
    retire();
    server.answer(message);

    while (channel->load() != 0) channel->attend();

    EXPECT_EQ(ended, 1);
    channel->die();
    EXPECT_EQ(call.result(*channel), "answered");
}

TEST_F(RetiredChannel, ThatDiesLosesWhatIsUnderWayAndTellsNobody) {
    const Message message = send(*channel, call, server);

    retire();
    channel->die();

    EXPECT_EQ(call.result(*channel), "peer_lost");
    EXPECT_EQ(ended, 0);
    retire();
    EXPECT_EQ(ended, 0);
}

} // namespace
} // namespace malla
