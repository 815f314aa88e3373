// SPDX-License-Identifier: Apache-2.0
// A receiver in ::poll while other threads use the same socket: nothing may be overlooked.
#include "malla/base/thread.hpp"
#include "malla/transport/poller.hpp"

#include "transport/support.hpp"

#include <array>
#include <cstring>
#include <semaphore>

#include <poll.h>

namespace malla::transport::test {
namespace {

constexpr int senders = 3;
constexpr auto longest = patience / 2; // a lost edge would last until the next message, so for ever at the end
constexpr auto duration = 2s;

/// Echoes at its own pace, so that replies meet other threads' sends.
class Echo {
public:
    explicit Echo(Socket& router) : router_{router} {}
    ~Echo() {
        stopping_ = true;
        router_.interrupt();
        thread_.join();
    }
    Echo(const Echo&) = delete;
    Echo& operator=(const Echo&) = delete;

private:
    void run() {
        std::vector<Message> got;
        while (!stopping_) {
            got.clear();
            router_.receive(got, Deadline::in(patience));
            for (const auto& message : got) EXPECT_EQ(router_.send_to(message.peer(), message.bytes()), Sent::sent);
        }
    }

    Socket& router_;
    std::atomic<bool> stopping_{false};
    std::thread thread_ = start_thread("echo", [this] { run(); });
};

/// Each sender has one request under way, and measures how long its reply took to be received.
class Requests {
public:
    explicit Requests(Socket& dealer) : dealer_{dealer} {}

    void send_all() {
        std::array<std::thread, senders> threads;
        for (int i = 0; i < senders; ++i) threads[static_cast<std::size_t>(i)] = std::thread{[this, i] { send(i); }};
        for (auto& thread : threads) thread.join();
    }
    void on_reply(const Message& reply) {
        int sender = 0;
        std::memcpy(&sender, reply.bytes().data(), sizeof sender);
        answered_[static_cast<std::size_t>(sender)].release();
    }
    [[nodiscard]] Clock::duration worst() const { return worst_; }
    [[nodiscard]] int total() const { return total_; }

private:
    void send(int sender) {
        const std::string_view bytes{reinterpret_cast<const char*>(&sender), sizeof sender};
        const auto end = Deadline::in(duration);
        while (!end.passed(Clock::now())) {
            const auto started = Clock::now();
            EXPECT_EQ(dealer_.send(bytes), Sent::sent);
            (void)answered_[static_cast<std::size_t>(sender)].try_acquire_for(patience);
            note(Clock::now() - started);
        }
    }
    void note(Clock::duration took) {
        const std::scoped_lock lock{mutex_};
        worst_ = std::max(worst_, took);
        ++total_;
    }

    Socket& dealer_;
    std::array<std::binary_semaphore, senders> answered_{std::binary_semaphore{0}, std::binary_semaphore{0},
                                                         std::binary_semaphore{0}};
    std::mutex mutex_;
    Clock::duration worst_{};
    int total_ = 0;
};

class Waiting : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Schemes, Waiting, testing::Values("tcp", "ipc", "inproc"),
                         [](const auto& scheme) { return std::string{scheme.param}; });

// A machine that is busy elsewhere delays everything now and then, but a reply that was overlooked
// waits for the 10 s of the receiver's deadline, or for ever.
void expect_prompt(const Requests& requests) {
    EXPECT_GT(requests.total(), 100);
    EXPECT_LT(requests.worst(), longest) << "worst of " << requests.total();
}

TEST_P(Waiting, AReceiverMissesNoReplyWhileOtherThreadsSend) {
    const Pair pair{GetParam()};
    const Echo echo{*pair.router};
    Requests requests{*pair.dealer};
    std::atomic<bool> stopping{false};
    auto receiver = start_thread("receiver", [&] {
        std::vector<Message> got;
        while (!stopping) {
            got.clear();
            pair.dealer->receive(got, Deadline::in(patience));
            for (const auto& reply : got) requests.on_reply(reply);
        }
    });

    requests.send_all();
    stopping = true;
    pair.dealer->interrupt();
    receiver.join();
    expect_prompt(requests);
}

TEST_P(Waiting, ALoopMissesNoReplyWhileOtherThreadsSend) {
    const Pair pair{GetParam()};
    const Echo echo{*pair.router};
    Requests requests{*pair.dealer};
    Poller poller;
    poller.add(*pair.dealer, [&](std::span<Message> replies) {
        for (const auto& reply : replies) requests.on_reply(reply);
    });
    auto loop = start_thread("loop", [&] { poller.run(); });

    requests.send_all();
    poller.stop();
    loop.join();
    expect_prompt(requests);
}

bool any_readable(std::array<int, 2> fds) {
    std::array<pollfd, 2> polled{pollfd{fds[0], POLLIN, 0}, pollfd{fds[1], POLLIN, 0}};
    return ::poll(polled.data(), polled.size(), 0) > 0;
}

// The edge taken on purpose: input arrives, another thread's call on the socket hears of it.
TEST_P(Waiting, AReceiverHearsOfInputWhoseNewsAnotherThreadTook) {
    const Pair pair{GetParam()};
    for (int round = 0; round < 300; ++round) {
        ASSERT_EQ(pair.dealer->arm(), Source::Armed::waiting);
        ASSERT_EQ(pair.router->send_to(pair.peer, "x"sv), Sent::sent);
        ASSERT_TRUE(eventually([&] { return pair.dealer->readable(); }));

        EXPECT_TRUE(any_readable(pair.dealer->fds()));
        pair.dealer->disarm();
        EXPECT_EQ(receive_one(*pair.dealer).bytes(), "x");
    }
}

// What the router takes gives the dealer's file descriptor an edge without input, which ends a wait
// at the very moment of an interruption.
TEST_P(Waiting, AnInterruptedReceiverReturnsWhateverElseHappensOnTheSocket) {
    const Pair pair{GetParam()};
    std::atomic<bool> stopping{false};
    std::atomic<int> returns{0};
    auto drain = start_thread("drain", [&] {
        std::vector<Message> got;
        while (!stopping) {
            got.clear();
            pair.router->receive(got, Deadline::in(1ms));
        }
    });
    auto send = start_thread("send", [&] {
        while (!stopping) (void)pair.dealer->send("x"sv);
    });
    auto receiver = start_thread("receiver", [&] {
        std::vector<Message> got;
        while (!stopping) {
            pair.dealer->receive(got, Deadline::in(patience));
            ++returns;
        }
    });

    for (int round = 0; round < 2000; ++round) {
        const int before = returns;
        pair.dealer->interrupt();
        ASSERT_TRUE(eventually([&] { return returns != before; })) << "round " << round;
    }
    stopping = true;
    pair.dealer->interrupt();
    for (auto* thread : {&drain, &send, &receiver}) thread->join();
}

} // namespace
} // namespace malla::transport::test
