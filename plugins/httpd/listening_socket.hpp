// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/descriptor.hpp"
#include "malla/base/result.hpp"

#include <cstdint>
#include <string>

namespace malla::plugins {

/// A TCP socket to which clients can connect.
struct ListeningSocket {
    /// `address` is numeric; port 0 picks one. `address_in_use`, or `not_allowed` with the system's reason.
    [[nodiscard]] static Result<ListeningSocket> open(const std::string& address, std::uint16_t port);

    Descriptor descriptor;
    std::uint16_t port;
};

} // namespace malla::plugins
