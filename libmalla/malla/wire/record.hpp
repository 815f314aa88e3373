// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/service_status.hpp"
#include "malla/base/version.hpp"
#include "malla/wire/limits.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace malla::wire {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// One callback that can be called from outside.
struct CallbackRecord {
    std::string name;
    std::string description; ///< JSON text: parameters and result with their schemas
    std::uint64_t types = 0; ///< fingerprint of its types, when it reads binary bodies; 0: it reads JSON only

    friend bool operator==(const CallbackRecord&, const CallbackRecord&) = default;
};

/// One service of a node, as the mesh sees it.
struct ServiceRecord {
    std::string name;
    Version version;
    RunningStatus status = RunningStatus::starting;
    AdminStatus admin_status = AdminStatus::active;
    bool concurrent = false;
    std::uint64_t content_hash = 0; ///< differs when the service's code, chain or configuration does
    std::vector<CallbackRecord> callbacks;
    Pairs metadata;

    /// Whether it may be given calls.
    [[nodiscard]] bool is_callable() const noexcept {
        return status == RunningStatus::running && admin_status == AdminStatus::active;
    }

    friend bool operator==(const ServiceRecord&, const ServiceRecord&) = default;
};

/// All that the mesh knows of a node. Only the node itself writes it, and raises `sequence` each time.
struct NodeRecord {
    NodeId id;
    std::string name;
    std::string cluster;
    std::string host;
    std::uint32_t pid = 0;
    std::uint64_t sequence = 0;
    std::uint8_t min_version = wire::min_version;
    std::uint8_t max_version = wire::version;
    bool draining = false;
    std::uint32_t load = 0;             ///< calls in flight when this was written
    std::uint64_t started_at_ms = 0;    ///< Unix time, for display only
    std::vector<std::string> endpoints; ///< where it takes calls
    std::string publish_endpoint;       ///< where it publishes, or empty
    std::vector<ServiceRecord> services;

    friend bool operator==(const NodeRecord&, const NodeRecord&) = default;
};

} // namespace malla::wire
