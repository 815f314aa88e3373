// SPDX-License-Identifier: Apache-2.0
// Three ways in which callers may use a connection; one of them became the library's.
#pragma once

#include "malla/base/thread.hpp"
#include "malla/transport/poller.hpp"
#include "malla/transport/socket.hpp"

#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace malla::bench {

using transport::Message;
using transport::Pattern;
using transport::Sent;
using transport::Socket;

inline std::unique_ptr<Socket> connected(const std::string& endpoint) {
    auto socket = *Socket::open(Pattern::dealer);
    if (!socket->connect(endpoint)) throw std::runtime_error{"connect"};
    while (socket->send(std::string_view{"warm"}) != Sent::sent) std::this_thread::yield();
    std::vector<Message> got;
    while (got.empty()) socket->receive(got, Deadline::in(std::chrono::seconds{1}));
    return socket;
}

/// A call's number in the first bytes of its body.
inline std::string body(std::uint64_t number) {
    std::string bytes(16, 'x');
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}
inline std::uint64_t number_of(const Message& message) {
    std::uint64_t number = 0;
    std::memcpy(&number, message.bytes().data(), sizeof number);
    return number;
}

/// Each calling thread has a socket of its own.
class OwnSocket {
public:
    explicit OwnSocket(const std::string& endpoint) : socket_{connected(endpoint)} {}

    void call() {
        send();
        while (receive() == 0) {
        }
    }
    void send() {
        while (socket_->send(body(0)) != Sent::sent) {
        }
    }
    std::size_t receive() {
        got_.clear();
        return socket_->receive(got_, Deadline::in(std::chrono::seconds{1}));
    }

private:
    std::unique_ptr<Socket> socket_;
    std::vector<Message> got_;
};

/// All threads share a socket; one of those that wait receives for all.
class SharedSocket {
public:
    explicit SharedSocket(const std::string& endpoint) : socket_{connected(endpoint)} {}

    void call() {
        Waiter waiter;
        const auto number = add(waiter);
        while (socket_->send(body(number)) != Sent::sent) {
        }
        std::unique_lock lock{mutex_};
        while (!waiter.done) {
            if (receiving_) waiter.changed.wait(lock);
            else receive_for_all(lock);
        }
        if (!receiving_ && !waiters_.empty()) waiters_.begin()->second->changed.notify_one();
    }

private:
    struct Waiter {
        bool done = false;
        std::condition_variable changed;
    };

    std::uint64_t add(Waiter& waiter) {
        const std::scoped_lock lock{mutex_};
        waiters_.emplace(++last_, &waiter);
        return last_;
    }
    void receive_for_all(std::unique_lock<std::mutex>& lock) {
        receiving_ = true;
        lock.unlock();
        got_.clear();
        socket_->receive(got_, Deadline::in(std::chrono::seconds{1}));
        lock.lock();
        receiving_ = false;
        for (const auto& message : got_) {
            const auto found = waiters_.find(number_of(message));
            found->second->done = true;
            found->second->changed.notify_one();
            waiters_.erase(found);
        }
    }

    std::unique_ptr<Socket> socket_;
    std::mutex mutex_;
    bool receiving_ = false;
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, Waiter*> waiters_;
    std::vector<Message> got_; // of the one that receives
};

/// Callers hand their requests to an I/O thread, which wakes them with the replies.
class QueueToThread {
public:
    explicit QueueToThread(const std::string& endpoint) : socket_{connected(endpoint)} {
        poller_.add(*socket_, [this](std::span<Message> messages) {
            for (const auto& message : messages) complete(number_of(message));
        });
        thread_ = start_thread("io", [this] { poller_.run(); });
    }
    ~QueueToThread() {
        poller_.stop();
        thread_.join();
    }
    QueueToThread(const QueueToThread&) = delete;
    QueueToThread& operator=(const QueueToThread&) = delete;

    void call() {
        Waiter waiter;
        const auto number = reinterpret_cast<std::uint64_t>(&waiter);
        poller_.post([this, number] {
            while (socket_->send(body(number)) != Sent::sent) {
            }
        });
        std::unique_lock lock{waiter.mutex};
        waiter.changed.wait(lock, [&] { return waiter.done; });
    }

private:
    struct Waiter {
        bool done = false;
        std::mutex mutex;
        std::condition_variable changed;
    };

    static void complete(std::uint64_t number) {
        auto& waiter = *reinterpret_cast<Waiter*>(number);
        const std::scoped_lock lock{waiter.mutex};
        waiter.done = true;
        waiter.changed.notify_one();
    }

    std::unique_ptr<Socket> socket_;
    transport::Poller poller_;
    std::thread thread_;
};

} // namespace malla::bench
