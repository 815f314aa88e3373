// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace malla {

class ServiceControl;

/// The node that hosts a service, for those of its plugins that are about the whole program, such as
/// health checks. Any thread; it outlives its services.
class HostingNode {
public:
    using Visit = std::function<void(std::string_view name, ServiceControl& control)>;

    /// Shows the services that it hosts, in the order of their start; each stays as long as it is shown.
    virtual void for_each_service(const Visit& visit) const = 0;

    /// Whether it refuses calls from outside because it is about to end.
    [[nodiscard]] virtual bool draining() const noexcept = 0;
    /// Refuses calls from outside as `draining` from now on; false when it did so before.
    [[nodiscard]] virtual bool begin_draining() = 0;
    /// Takes calls again, for whoever began; nothing once the node is being stopped.
    virtual void end_draining() = 0;
    /// Does what SIGTERM does: `Node::run` drains, stops and returns. Does not wait for it.
    virtual void end() noexcept = 0;

protected:
    ~HostingNode() = default;
};

} // namespace malla
