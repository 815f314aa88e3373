// SPDX-License-Identifier: Apache-2.0
// The measure of all remote calls: a bare DEALER and ROUTER of libzmq, in two processes, blocking,
// without anything of malla.
//
//   echo_peer server [ENDPOINT]          prints the endpoint; echoes until it is killed
//   echo_peer one ENDPOINT SIZE COUNT    one message at a time; prints p50 and p99 in microseconds
//   echo_peer window ENDPOINT SIZE COUNT N
//                                        N under way; prints thousands of messages a second
//   echo_peer threads ENDPOINT SIZE COUNT N
//                                        N threads with a socket each; prints thousands a second
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <zmq.h>

namespace {

using Clock = std::chrono::steady_clock;

void* const context = zmq_ctx_new();

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "echo_peer: %s: %s\n", what, zmq_strerror(zmq_errno()));
    std::exit(1);
}

double microseconds(Clock::duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

int serve(const char* endpoint) {
    void* const router = zmq_socket(context, ZMQ_ROUTER);
    if (zmq_bind(router, endpoint) != 0) fail(endpoint);
    char bound[256];
    auto size = sizeof bound;
    if (zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, bound, &size) != 0) fail("endpoint");
    std::printf("%s\n", bound);
    std::fflush(stdout);
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    for (;;) {
        if (zmq_msg_recv(&frame, router, 0) == -1) fail("receive");
        const int more = zmq_msg_more(&frame) != 0 ? ZMQ_SNDMORE : 0;
        if (zmq_msg_send(&frame, router, more) == -1) fail("send");
    }
}

class Client {
public:
    Client(const char* endpoint, std::size_t size) : bytes_(size, 'x'), reply_(size, 'x') {
        const int none = 0;
        zmq_setsockopt(dealer_, ZMQ_LINGER, &none, sizeof none);
        if (zmq_connect(dealer_, endpoint) != 0) fail(endpoint);
        for (int i = 0; i < 100; ++i) echo();
    }
    ~Client() { zmq_close(dealer_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send() {
        if (zmq_send(dealer_, bytes_.data(), bytes_.size(), 0) == -1) fail("send");
    }
    void receive() {
        if (zmq_recv(dealer_, reply_.data(), reply_.size(), 0) == -1) fail("receive");
    }
    void echo() {
        send();
        receive();
    }

private:
    void* dealer_ = zmq_socket(context, ZMQ_DEALER);
    std::string bytes_;
    std::string reply_;
};

int one_at_a_time(const char* endpoint, std::size_t size, std::size_t count) {
    Client client{endpoint, size};
    std::vector<double> took(count);
    for (auto& sample : took) {
        const auto start = Clock::now();
        client.echo();
        sample = microseconds(Clock::now() - start);
    }
    std::ranges::sort(took);
    std::printf("%.1f %.1f\n", took[count / 2], took[count * 99 / 100]);
    return 0;
}

int in_window(const char* endpoint, std::size_t size, std::size_t count, std::size_t window) {
    Client client{endpoint, size};
    const auto start = Clock::now();
    for (std::size_t sent = 0, received = 0; received < count; ++received) {
        for (; sent < count && sent < received + window; ++sent) client.send();
        client.receive();
    }
    std::printf("%.1f\n", 1000.0 * static_cast<double>(count) / microseconds(Clock::now() - start));
    return 0;
}

int in_threads(const char* endpoint, std::size_t size, std::size_t count, std::size_t threads) {
    std::vector<std::unique_ptr<Client>> clients(threads);
    for (auto& client : clients) client = std::make_unique<Client>(endpoint, size);
    const auto start = Clock::now();
    std::vector<std::thread> running;
    for (auto& client : clients) {
        running.emplace_back([&client, each = count / threads] {
            for (std::size_t i = 0; i < each; ++i) client->echo();
        });
    }
    for (auto& thread : running) thread.join();
    std::printf("%.1f\n", 1000.0 * static_cast<double>(count) / microseconds(Clock::now() - start));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "server") return serve(argc > 2 ? argv[2] : "tcp://127.0.0.1:*");
    const auto number = [&](int at) { return argc > at ? std::strtoul(argv[at], nullptr, 10) : 0; };
    if (mode == "one" && number(4) != 0) return one_at_a_time(argv[2], number(3), number(4));
    if (mode == "window" && number(5) != 0) return in_window(argv[2], number(3), number(4), number(5));
    if (mode == "threads" && number(5) != 0) return in_threads(argv[2], number(3), number(4), number(5));
    std::fprintf(stderr, "usage: echo_peer server [ENDPOINT] | one ENDPOINT SIZE COUNT |\n"
                         "       window ENDPOINT SIZE COUNT N | threads ENDPOINT SIZE COUNT N\n");
    return 2;
}
