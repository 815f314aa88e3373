// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/service_status.hpp"
#include "malla/node/view.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla {

/// What is known now of a node, or of a service on it.
struct MeshChange {
    NodeId node;
    std::string node_name;
    std::string service; ///< empty: the node itself
    std::string version; ///< of the service
    RunningStatus status = RunningStatus::running;
    AdminStatus admin_status = AdminStatus::active;
    bool stale = false; ///< not heard of lately, since no rendezvous is reachable
    bool gone = false;

    /// "gone", "stale", or the name of the running status.
    [[nodiscard]] std::string_view status_text() const noexcept;

    friend bool operator==(const MeshChange&, const MeshChange&) = default;
};

using ChangeHandler = std::function<void(const MeshChange&)>;

/// Finds what differs between one look at the mesh and the next.
class MeshDiff {
public:
    /// What came, changed or went since the last time: a node before its services when it comes, behind
    /// them when it goes.
    [[nodiscard]] std::vector<MeshChange> update(const std::vector<NodeView>& nodes,
                                                 const std::vector<InstanceView>& instances);

private:
    std::map<std::pair<NodeId, std::string>, MeshChange> known_; // a node itself sorts before its services
};

/// Tells of changes until its end, which waits for the handler if it runs; the handler itself may end
/// it. It must not outlive its node.
class [[nodiscard]] Watch {
public:
    Watch(Watch&& other) noexcept;
    Watch& operator=(Watch&& other) noexcept;
    ~Watch();

private:
    friend class Node;
    class Loop;
    explicit Watch(std::unique_ptr<Loop> loop) noexcept;

    std::unique_ptr<Loop> loop_;
};

} // namespace malla
