// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/transport/socket.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

namespace malla::transport::test {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr auto patience = 10s; // for what should take milliseconds

/// The value of a result that must have one.
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().text()};
    return *std::move(result);
}
inline void must(Result<void> result) {
    if (!result) throw std::runtime_error{result.error().text()};
}

inline std::unique_ptr<Socket> open(Pattern pattern, const Profile& profile = {}) {
    return must(Socket::open(pattern, profile));
}

/// An endpoint of its own for each call.
inline std::string fresh_endpoint(std::string_view scheme) {
    static std::atomic<int> count{0};
    const auto name = std::to_string(getpid()) + '.' + std::to_string(++count);
    if (scheme == "tcp") return "tcp://127.0.0.1:*";
    if (scheme == "ipc") return "ipc:///tmp/malla.test." + name;
    return "inproc://" + name;
}

/// Repeats `attempt` until it is true; false when patience ran out.
template <class Attempt>
bool eventually(Attempt attempt, Clock::duration limit = patience) {
    const auto deadline = Deadline::in(limit);
    while (!attempt()) {
        if (deadline.passed(Clock::now())) return false;
        usleep(200);
    }
    return true;
}

/// Binds an address that a socket was just closed at: it is free a moment later.
inline void bind_again(Socket& socket, const std::string& endpoint) {
    EXPECT_TRUE(eventually([&] { return socket.bind(endpoint).has_value(); })) << endpoint;
}

/// Sends as soon as there is a connection.
inline bool send_when_connected(Socket& socket, std::string_view bytes) {
    return eventually([&] { return socket.send(bytes) == Sent::sent; });
}

/// The next message; an empty one when patience ran out.
inline Message receive_one(Socket& socket, Clock::duration limit = patience) {
    std::vector<Message> messages;
    const auto deadline = Deadline::in(limit);
    while (messages.empty() && !deadline.passed(Clock::now())) socket.receive(messages, deadline, 1);
    return messages.empty() ? Message{} : std::move(messages.front());
}

/// A peer that is not ours: bare ZeroMQ, with its own context.
class Stranger {
public:
    explicit Stranger(int type) : handle_{zmq_socket(context_, type)} { set(ZMQ_LINGER, 0); }
    ~Stranger() {
        zmq_close(handle_);
        zmq_ctx_term(context_);
    }
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    void set(int option, int value) { EXPECT_EQ(zmq_setsockopt(handle_, option, &value, sizeof value), 0); }
    void set_routing_id(std::string_view id) {
        EXPECT_EQ(zmq_setsockopt(handle_, ZMQ_ROUTING_ID, id.data(), id.size()), 0);
    }
    void connect(const std::string& endpoint) { EXPECT_EQ(zmq_connect(handle_, endpoint.c_str()), 0); }
    void send(std::string_view bytes, bool more = false) {
        const int flags = more ? ZMQ_SNDMORE : 0;
        EXPECT_EQ(zmq_send(handle_, bytes.data(), bytes.size(), flags), static_cast<int>(bytes.size()));
    }

private:
    void* context_ = zmq_ctx_new();
    void* handle_;
};

/// A TCP address that nobody listens at, and that nobody else can take while this lives.
class DeadAddress {
public:
    DeadAddress() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
        EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        endpoint = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    ~DeadAddress() { ::close(fd_); }
    DeadAddress(const DeadAddress&) = delete;
    DeadAddress& operator=(const DeadAddress&) = delete;

    std::string endpoint;

private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

/// A ROUTER and a DEALER connected to it, which have exchanged a message.
struct Pair {
    std::unique_ptr<Socket> router;
    std::unique_ptr<Socket> dealer = open(Pattern::dealer);
    std::string endpoint;
    Peer peer;

    explicit Pair(std::string_view scheme = "tcp", const Profile& profile = {})
        : router{open(Pattern::router, profile)} {
        endpoint = must(router->bind(fresh_endpoint(scheme)));
        must(dealer->connect(endpoint));
        EXPECT_TRUE(send_when_connected(*dealer, "hello"));
        peer = receive_one(*router).peer();
    }
};

} // namespace malla::transport::test
