// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/transport/socket.hpp"

#include <mutex>

namespace malla::transport {

// For the sources of this layer.

/// The mutex, held for one call. At its end, if that call left input behind that a waiting receiver
/// may no longer hear of, pokes it.
class Socket::Turn {
public:
    explicit Turn(Socket& socket) : socket_{socket}, lock_{socket.mutex_} {}
    ~Turn() {
        const bool poke = others_ && socket_.waiting_ != 0 && !socket_.poked_ && socket_.has_input();
        socket_.poked_ = socket_.poked_ || poke;
        lock_.unlock();
        if (poke) socket_.wake_.wake();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    /// The caller goes to wait, having found no input, so nobody else can have missed any.
    void wait() noexcept {
        ++socket_.waiting_;
        others_ = false;
    }

private:
    Socket& socket_;
    bool others_ = true;
    std::unique_lock<std::mutex> lock_;
};

} // namespace malla::transport
