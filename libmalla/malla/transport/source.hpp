// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace malla::transport {

/// What a thread can wait for in ::poll without holding a lock.
///
/// The descriptor of a ZeroMQ socket tells of each message once: any call on the socket, a send by
/// another thread too, may take the news away while the message is still there. So the waiting
/// thread says so first: between `arm` and `disarm` every such call looks whether it left input
/// behind, and if so makes the second descriptor readable.
class Source {
public:
    enum class Armed {
        waiting,  ///< block in ::poll on `fds()`, then call `disarm`
        readable, ///< there is input now; nothing was armed
        closed,   ///< there will never be input; nothing was armed
    };

    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;

    [[nodiscard]] virtual Armed arm() noexcept = 0;
    virtual void disarm() noexcept = 0;
    /// Two descriptors to poll for input; -1 is one that ::poll ignores.
    [[nodiscard]] virtual std::array<int, 2> fds() const noexcept = 0;
};

} // namespace malla::transport
