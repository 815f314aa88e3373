// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/error.hpp"
#include "malla/base/ids.hpp"
#include "malla/base/json.hpp"
#include "malla/base/service_status.hpp"
#include "malla/node/future.hpp"
#include "malla/node/hosted.hpp"
#include "malla/node/options.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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

/// A participant in the mesh: hosts services, calls others, knows who is there.
///
/// Constructing one joins the mesh; destroying it says goodbye. Any thread may use it.
class Node {
public:
    /// Throws `Error` when it cannot bind, or may not: `address_in_use`, `endpoint_invalid`,
    /// `credentials_required`.
    explicit Node(NodeOptions options = {});
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] NodeId id() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept;
    /// Where it takes calls; empty for a node that hosts nothing.
    [[nodiscard]] const std::string& endpoint() const noexcept;

    /// Starts a service and announces it, unless it is `local`. Throws `Error` with the reason
    /// when a plugin does not start, or when a service of that name is hosted already. `config`
    /// counts more than what the node's options say of the service.
    template <class S>
    LiveService<S>& start(S service = {}, const Json& config = Json::object()) {
        auto hosted = std::make_unique<HostedService<S>>(std::move(service));
        LiveService<S>& live = hosted->live();
        value_or_throw(host(std::move(hosted), config));
        return live;
    }

    /// Starts a service that is known by its erased form only.
    [[nodiscard]] Result<void> host(std::unique_ptr<Hosted> service, const Json& config = Json::object());

    /// Offers plugins, and those they depend on, to the services of this node, which can add them
    /// while they run.
    template <IsPlugin... P>
    void offer() {
        [this]<class... Each>(TypeList<Each...>) {
            (offer(OfferedPlugin{&exporting_plugin_type<Each>, nullptr}), ...);
        }(typename detail::Closure<TypeList<P...>>::Type{});
    }
    void offer(OfferedPlugin plugin);

    /// Starts the service that a shared object holds, or offers the plugin that it holds. Its manifest is read before
    /// it is loaded: `manifest_invalid` or `manifest_mismatch` mean that nothing of it was run.
    [[nodiscard]] Result<void> load(const std::filesystem::path& file);

    /// Calls by name with JSON text: an array of arguments, or an object of named ones. Gives the
    /// result as JSON text.
    [[nodiscard]] Result<std::string> call(std::string_view service, std::string_view callback,
                                           std::string_view arguments, const CallOptions& options = {});
    [[nodiscard]] Future<std::string> async(std::string_view service, std::string_view callback,
                                            std::string_view arguments, const CallOptions& options = {});

    /// Waits until the mesh was heard for the first time: every rendezvous has told what it knows.
    /// `endpoint_unreachable` when a named one has not answered by then; the refusal when one refused.
    [[nodiscard]] Result<void> wait_for_mesh(Deadline deadline);
    /// Waits for an instance of `service` that takes calls, on the node with the name or id `on` where
    /// that is not empty: `service_not_available`, `paused` or the like when none came.
    [[nodiscard]] Result<void> wait_for(std::string_view service, Deadline deadline, std::string_view on = {});

    [[nodiscard]] std::vector<NodeView> nodes() const;
    [[nodiscard]] std::vector<InstanceView> instances() const;
    [[nodiscard]] std::vector<InstanceView> instances_of(std::string_view service) const;

    /// What all its services share, for as long as the node lives. Any thread.
    [[nodiscard]] ConfigStore& store() noexcept;

    /// Whether this node is the machine's embedded rendezvous at the moment.
    [[nodiscard]] bool holds_rendezvous() const;

    /// Serves until SIGTERM or SIGINT, then drains and stops; gives the exit code of the program.
    /// A second signal ends it at once.
    int run();
    /// Refuses new calls as `draining`, waits for those that run until `drain_limit`, stops the
    /// services in reverse order of their start and says goodbye. Harmless when called again.
    void stop();

    class Core;
    /// For `Remote`.
    [[nodiscard]] Core& core() noexcept { return *core_; }

private:
    std::unique_ptr<Core> core_;
};

} // namespace malla
