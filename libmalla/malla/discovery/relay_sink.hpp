// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/transport/socket.hpp"
#include "malla/wire/relay.hpp"

#include <cstdint>
#include <memory>

namespace malla::discovery {

/// Who takes the calls that brokers pass on to a node. Called on the control thread.
class RelaySink {
public:
    /// Frames come by a broker from now on, and answers go over that socket. No number of a way, from 1, is given
    /// twice.
    virtual void way_up(std::uint32_t way, std::shared_ptr<transport::Socket> socket) = 0;
    virtual void way_down(std::uint32_t way) = 0;
    virtual void take(std::uint32_t way, const wire::Relay& frame) = 0;
    /// The caller is gone.
    virtual void end(std::uint32_t way, std::uint32_t circuit) = 0;

protected:
    ~RelaySink() = default;
};

} // namespace malla::discovery
