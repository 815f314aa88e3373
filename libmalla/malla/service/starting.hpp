// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/json.hpp"
#include "malla/service/config_store.hpp"
#include "malla/service/registry.hpp"
#include "malla/service/store.hpp"

#include <string_view>

namespace malla {

class HostingNode;

/// What a plugin is told when it starts. The stores live longer than the plugin. When the change of a
/// running service fails, what its hooks wrote to `storage` and `registry` is undone.
struct Starting {
    const Json& config; ///< the service's own part of the configuration, an object
    NodeId node;
    std::string_view node_name;
    Store& storage;          ///< the service's, kept while it is inactive, gone with it
    Registry& registry;      ///< the service's
    ConfigStore& node_store; ///< of all services of the node, kept as long as the node
    HostingNode* hosting;    ///< null for a service that no node hosts
};

} // namespace malla
