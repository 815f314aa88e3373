// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/context.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <string>

#include <unistd.h>
#include <zmq.h>

namespace malla::transport {

namespace {

constexpr int max_sockets = 16384; // a monitored socket takes three of them

struct Context {
    void* handle = zmq_ctx_new();
    pid_t process = getpid();
    std::atomic<int> open_sockets{0};

    Context() noexcept { zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, max_sockets); }

    void end() const noexcept {
        if (open_sockets != 0 || process != getpid()) return;
        uninterrupted([this] { return zmq_ctx_term(handle); });
    }
};

Context& context() {
    static auto* const instance = new Context; // outlives every static object that holds a socket
    static const struct Ender {
        ~Ender() { instance->end(); }
    } ender;
    return *instance;
}

int milliseconds(Clock::duration duration) noexcept {
    constexpr auto limit = std::chrono::milliseconds{std::numeric_limits<int>::max()};
    return static_cast<int>(std::clamp<Clock::duration>(duration, Clock::duration::zero(), limit) /
                            std::chrono::milliseconds{1});
}

} // namespace

Result<void*> open_handle(int type) {
    auto& owner = context();
    void* const handle = zmq_socket(owner.handle, type);
    if (handle == nullptr) return status_of(errno, "socket");
    ++owner.open_sockets;
    return handle;
}

void* open_internal_handle(int type) noexcept { return zmq_socket(context().handle, type); }

void close_handle(void* handle, Clock::duration flush) noexcept {
    const int linger = milliseconds(flush);
    uninterrupted([=] { return zmq_setsockopt(handle, ZMQ_LINGER, &linger, sizeof linger); });
    zmq_close(handle);
    --context().open_sockets;
}

Status status_of(int error, std::string_view subject) {
    switch (error) {
    case EADDRINUSE: return Status{"address_in_use", subject};
    case EADDRNOTAVAIL:
    case ENODEV: return Status{"address_unavailable", subject};
    case EINVAL:
    case EPROTONOSUPPORT:
    case ENOCOMPATPROTO:
    case ENAMETOOLONG: return Status{"endpoint_invalid", subject};
    default: return Status{"internal_error"}.set_info(std::string{subject} + ": " + zmq_strerror(error));
    }
}

bool interrupted() noexcept { return zmq_errno() == EINTR; }

} // namespace malla::transport
