// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/json.hpp"

#include <string_view>

namespace malla {

/// What a plugin is told when it starts.
struct Starting {
    const Json& config; ///< the service's own part of the configuration, an object
    NodeId node;
    std::string_view node_name;
};

} // namespace malla
