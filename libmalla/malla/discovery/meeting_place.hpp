// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/status.hpp"

#include <optional>
#include <string>

namespace malla::discovery {

/// An endpoint where a node is to meet the others.
struct MeetingPlace {
    std::string endpoint;
    bool named = false;              ///< else it is the loopback endpoint
    std::optional<Status> hindrance; ///< why the node has not joined there; nothing when it has
};

} // namespace malla::discovery
