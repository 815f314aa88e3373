// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/service_status.hpp"
#include "malla/base/status.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace malla {

/// One callback of a service as its node announces it.
struct CallbackView {
    std::string name;
    std::string description; ///< JSON: parameter names and the schemas of parameters and result
};

/// One instance of a service.
struct InstanceView {
    std::string service;
    std::string version;
    RunningStatus status = RunningStatus::stopped;
    AdminStatus admin_status = AdminStatus::active;
    bool concurrent = false;
    NodeId node;
    std::string node_name;
    std::uint32_t load = 0; ///< calls that its node runs or queues
    bool stale = false;     ///< not heard of lately, since no rendezvous is reachable
    std::uint64_t hash = 0; ///< differs when its code, its chain or its configuration does
    std::vector<CallbackView> callbacks;
};

/// One node of the mesh.
struct NodeView {
    NodeId id;
    std::string name;
    std::string cluster;
    std::string host;
    std::uint32_t pid = 0;
    std::string endpoint; ///< takes calls, and joins others when given as `--peer`
    std::int64_t started_at_ms = 0;
    std::uint32_t load = 0;
    bool stale = false;
    std::vector<std::string> services;
};

/// Where a node is to meet the others.
struct RendezvousView {
    std::string endpoint;            ///< resolved, or what names those of a finder
    bool named = false;              ///< else it is the loopback endpoint
    std::optional<Status> hindrance; ///< why the node has not joined there, as far as it knows; nothing when it has
};

} // namespace malla
