// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "malla/node/node.hpp"

#include <memory>
#include <string>

namespace malla::cli {

/// The options of a node that this command makes; one that hosts has `name`, if that is not empty.
[[nodiscard]] NodeOptions node_options(const Common& common, bool hosts, const HostOptions& host = {});

/// Until when a command that only looks waits for the endpoints that were named.
[[nodiscard]] Deadline look_deadline(const Common& common);

/// Whether the instance is on the node with this name or id; every one is where it is empty.
[[nodiscard]] bool is_meant(const InstanceView& instance, const std::string& on);

/// Joins the mesh as a node that only calls, and waits until it has heard what is there. Which of several endpoints it
/// goes on without is said on standard error.
[[nodiscard]] Result<std::unique_ptr<Node>> look_around(const Common& common);

/// Waits until `target`'s service takes calls, and gives an instance that has the callback, if any has; on the node
/// `on` where that is not empty, of one of these versions. After a second it says on standard error that it waits, with
/// the nearest name that is known.
[[nodiscard]] Result<InstanceView> wait_for_instance(Node& node, const Target& target, const std::string& on,
                                                     const VersionRange& version, const Common& common, bool no_wait,
                                                     Deadline deadline);

/// The callback's description as the instance announces it; `request_op_unknown` with what there is.
[[nodiscard]] Result<std::string> description_of(const InstanceView& instance, const std::string& callback);

/// The callback `target` of an instance that `wait_for_instance` finds.
[[nodiscard]] Result<CallbackDescription> wait_for_callback(Node& node, const Target& target, const std::string& on,
                                                            const VersionRange& version, const Common& common,
                                                            bool no_wait, Deadline deadline);

/// `service_not_available` with the nearest service that there is as a hint.
[[nodiscard]] Status no_such_service(const Node& node, const std::string& service, Status why,
                                     const std::string& on = {});

} // namespace malla::cli
