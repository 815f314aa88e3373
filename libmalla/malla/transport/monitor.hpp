// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/transport/source.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace malla::transport {

class MonitorTap;

/// Something that happened to a connection of a socket.
struct LinkEvent {
    enum class Kind {
        connected,        ///< TCP or ipc is connected; not yet usable
        ready,            ///< both sides agreed on the protocol; `connection` is -1
        disconnected,     ///< what was sent on it may be lost
        retrying,         ///< a connect failed or broke and will be tried again; `connection` is -1
        handshake_failed, ///< the peer speaks another protocol, or has not the key that was expected; `connection` is
                          ///< -1
        refused,          ///< one of both sides has no credentials, or those are not let in; `connection` is -1
    };

    Kind kind;
    int connection;       ///< the number that `Message::connection` gives
    std::string endpoint; ///< the one this socket is connected to, or is bound to
};

/// The events of one socket's connections. inproc has none. Drain it all the time, for events
/// wait in memory. Any thread. It may outlive its socket, which then tells nothing more.
class Monitor final : public Source {
public:
    ~Monitor() override;

    /// Appends what is there, `max` events at most, without waiting; returns their number.
    std::size_t receive(std::vector<LinkEvent>& into, std::size_t max = 64);

    [[nodiscard]] Armed arm() noexcept override;
    void disarm() noexcept override {}
    [[nodiscard]] std::array<int, 2> fds() const noexcept override { return {fd_, -1}; }

private:
    friend class Socket;
    Monitor(void* handle, std::shared_ptr<MonitorTap> tap) noexcept;

    std::mutex mutex_; // the fence that ZeroMQ asks for
    void* handle_;
    int fd_ = -1;
    std::shared_ptr<MonitorTap> tap_; // the socket has it too
};

} // namespace malla::transport
