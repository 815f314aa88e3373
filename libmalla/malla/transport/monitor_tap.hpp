// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

namespace malla::transport {

// For the sources of this layer.

/// Where the events of a socket go out, shared by the socket and its monitor, of which either may
/// go first. ZeroMQ's own thread sends the events, and would wait for ever for a monitor that is
/// no longer there: so whichever goes stops them before.
class MonitorTap {
public:
    explicit MonitorTap(void* handle) noexcept : handle_{handle} {}

    /// No event is sent afterwards.
    void stop() noexcept;

private:
    std::mutex mutex_;
    void* handle_;
};

} // namespace malla::transport
