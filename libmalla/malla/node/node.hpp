// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/error.hpp"
#include "malla/base/ids.hpp"
#include "malla/base/json.hpp"
#include "malla/node/future.hpp"
#include "malla/node/hosted.hpp"
#include "malla/node/node_result.hpp"
#include "malla/node/options.hpp"
#include "malla/node/remote_stream.hpp"
#include "malla/node/subscription.hpp"
#include "malla/node/view.hpp"
#include "malla/node/watch.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla {

class StopSignal;

/// A participant in the mesh: hosts services, calls others, knows who is there.
///
/// Constructing one joins the mesh; destroying it says goodbye. Any thread may use it.
class Node {
public:
    /// Throws `Error` when it cannot bind, or may not: `address_in_use`, `address_unavailable`, `endpoint_invalid`,
    /// `credentials_required`; `usage` for a name that cannot be announced.
    explicit Node(NodeOptions options = {});
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] NodeId id() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept;
    /// The broker that calls to that node go through, by its endpoint; empty: they go to it directly.
    [[nodiscard]] std::string broker_to(NodeId node) const;
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

    /// The same for a callback that gives a stream; one that gives one value gives a stream of one.
    [[nodiscard]] RemoteStream<std::string> stream(std::string_view service, std::string_view callback,
                                                   std::string_view arguments, const CallOptions& options = {});

    /// As `call`, but to every instance at once, in one deadline; those that have the callback, if only some do. A
    /// result for each, by the names of their nodes; of one that takes no calls, such as a paused one, why. Waits for a
    /// first one that does as `call` does; when there is none the result is that of `call`, not an empty list.
    [[nodiscard]] Result<std::vector<NodeResult<std::string>>> call_all(std::string_view service,
                                                                        std::string_view callback,
                                                                        std::string_view arguments,
                                                                        const CallOptions& options = {});

    /// As `call`, but ends when the call is handed to a connection: until then it goes to another instance as any call
    /// does, and an error is that of a call which nobody got. What becomes of it is not heard. A service of `local`
    /// reach runs it before this returns.
    [[nodiscard]] Result<void> send(std::string_view service, std::string_view callback, std::string_view arguments,
                                    const CallOptions& options = {});

    /// Sends the calls that were made with `CallOptions::held`. Any thread.
    void send_held();

    /// Waits until the mesh was heard for the first time: every rendezvous has told what it knows. One that has told is
    /// enough to go on: those that take no connection are not waited for then, and the others for half a second only;
    /// `rendezvous` says which are missing. When none has told: the refusal when one refused, `endpoint_unreachable`
    /// when a named one has not answered by `deadline`.
    [[nodiscard]] Result<void> wait_for_mesh(Deadline deadline);
    /// The brokers, peers and finders that its options name, else the loopback endpoint, and which of them it has
    /// joined.
    [[nodiscard]] std::vector<RendezvousView> rendezvous() const;
    /// Waits for an instance of `service` that takes calls, on the node with the name or id `on` where
    /// that is not empty, of one of these versions: `service_not_available`, `paused` or the like when none came.
    [[nodiscard]] Result<void> wait_for(std::string_view service, Deadline deadline, std::string_view on = {},
                                        const VersionRange& version = {});

    [[nodiscard]] std::vector<NodeView> nodes() const;
    [[nodiscard]] std::vector<InstanceView> instances() const;
    [[nodiscard]] std::vector<InstanceView> instances_of(std::string_view service) const;

    /// What all its services share, for as long as the node lives. Any thread.
    [[nodiscard]] ConfigStore& store() noexcept;

    /// Calls `handler` with every node and service instance that is there, then with each that comes,
    /// changes or goes, on a thread of its own. Changes that follow each other quickly may be seen as one.
    [[nodiscard]] Watch watch(ChangeHandler handler) const;

    /// Publishes an event on a topic such as "orders.created" to all who listen; see docs/guide-events.md
    /// for whom it reaches. Does not wait: `service_not_available` when no rendezvous is connected,
    /// `busy` when none keeps up; then nobody got it. `parameter_invalid`, `body_too_large` (64 KiB).
    [[nodiscard]] Result<void> publish(std::string_view topic, const Json& value);
    /// Waits until a rendezvous has read all events that were published before. `deadline_exceeded` or
    /// `peer_lost` when it is not known.
    [[nodiscard]] Result<void> flush_events(Deadline deadline);
    /// Hears the events whose topic the pattern chooses: `*` is one word, `>` at the end one or more.
    /// `parameter_invalid` for what is no pattern.
    [[nodiscard]] Result<Subscription> subscribe(std::string_view pattern, EventHandler handler,
                                                 const SubscribeOptions& options = {});

    /// Whether this node is the machine's embedded rendezvous at the moment.
    [[nodiscard]] bool holds_rendezvous() const;

    /// Serves until SIGTERM, SIGINT or SIGHUP, or until a plugin ends it by `HostingNode::end`, then drains
    /// and stops; gives the exit code of the program.
    /// A second SIGTERM or SIGINT, half a second or more behind the first, ends it at once.
    int run();
    /// As above for a signal that may have come since `signal` was made: one made before the node lets no moment pass
    /// in which others know of its services already and a signal still ends the program at once.
    int run(const StopSignal& signal);
    /// Refuses new calls as `draining`, waits for those that run until `drain_limit`, then cancels them, which may take
    /// 2 s; ends the program where one does not return all the same. Stops the services in reverse order of their start
    /// and says goodbye. Returns when its callers have ended their connections, or half a second later. Harmless when
    /// called again.
    void stop();

    class Core;
    /// For `Remote`.
    [[nodiscard]] Core& core() noexcept { return *core_; }

private:
    std::unique_ptr<Core> core_;
};

/// The node that hosts the plugin that is starting, for calls to other services; it outlives the plugin. Only for
/// services that a node hosts.
[[nodiscard]] Node& node_of(const Starting& starting) noexcept;

} // namespace malla
