// SPDX-License-Identifier: Apache-2.0
// Two ways in which a node may run handlers, here an echo.
#pragma once

#include "malla/base/thread.hpp"
#include "malla/transport/socket.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

namespace malla::bench {

using transport::Message;
using transport::Sent;
using transport::Socket;

inline void echo(Socket& router, const Message& message) {
    while (router.send_to(message.peer(), message.bytes()) == Sent::full) {
    }
}

/// The thread that reads a request runs its handler.
[[noreturn]] inline void serve_inline(Socket& router) {
    std::vector<Message> got;
    for (;;) {
        got.clear();
        router.receive(got, Deadline::in(std::chrono::hours{1}));
        for (const auto& message : got) echo(router, message);
    }
}

/// The thread that reads hands its requests to two workers.
class Pool {
public:
    explicit Pool(Socket& router) : router_{router} {
        for (auto& worker : workers_) worker = start_thread("worker", [this] { work(); });
    }

    [[noreturn]] void serve() {
        std::vector<Message> got;
        for (;;) {
            got.clear();
            router_.receive(got, Deadline::in(std::chrono::hours{1}));
            const std::scoped_lock lock{mutex_};
            for (auto& message : got) queue_.push_back(std::move(message));
            if (got.size() == 1) changed_.notify_one();
            else changed_.notify_all();
        }
    }

private:
    [[noreturn]] void work() {
        for (;;) {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [this] { return !queue_.empty(); });
            const auto message = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            echo(router_, message);
        }
    }

    Socket& router_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Message> queue_;
    std::thread workers_[2];
};

} // namespace malla::bench
