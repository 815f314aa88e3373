// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/live_chain.hpp"
#include "malla/service/chain_observer.hpp"
#include "malla/service/children.hpp"
#include "malla/service/config_layers.hpp"
#include "malla/service/config_store.hpp"
#include "malla/service/hook_runner.hpp"
#include "malla/service/plugin_type.hpp"
#include "malla/service/service_core.hpp"
#include "malla/service/store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace malla {

class Supervisor;

/// A plugin that a service can get while it runs.
struct OfferedPlugin {
    const PluginType* type;
    std::shared_ptr<void> code; ///< keeps a shared object loaded; null for what is linked in
};

/// What a service needs of the node that hosts it.
struct ServiceHost {
    ConfigLayers config; ///< the service's own part
    NodeId node;
    std::string node_name;
    /// What all services of the node share; it outlives them. Null: this service gets one of its own.
    ConfigStore* node_store = nullptr;
    HostingNode* hosting = nullptr; ///< outlives the service too
    /// What can be added now. Null: nothing.
    std::function<std::vector<OfferedPlugin>()> offers;
    /// Told after each change of status or chain, on the thread that changed it. May be null.
    std::function<void()> changed;
    /// Makes and publishes the service's events. Null: there are none.
    std::shared_ptr<Events> events;
};

/// How a service begins.
struct StartOptions {
    bool paused = false; ///< its plugins start when it is resumed
    bool silent = false; ///< changes of its status are not logged, its failures are
};

/// How long a service waits for its plugins.
struct ControlLimits {
    Clock::duration hook = std::chrono::seconds{30};
    Clock::duration retry =
        std::chrono::seconds{5}; ///< before the second start of a failed service; then twice as long
    Clock::duration longest_retry = std::chrono::minutes{1};
};

/// What is known of a plugin of a running service.
struct PluginState {
    std::string name;
    bool listed; ///< by the service or by a change; else a dependency of others
};

/// A plugin's part in a callback.
struct ExplainedLink {
    std::string plugin;
    Part part;
};

/// What is known of a service besides its chain. Times are for display.
struct ServiceState {
    RunningStatus status;
    AdminStatus admin_status;
    std::string reason; ///< of the last wish of its operator
    std::chrono::system_clock::time_point status_at;
    std::optional<Status> last_error; ///< why it failed last, if it ever did
    std::optional<std::chrono::system_clock::time_point> last_error_at;
    /// The hooks and children that were left behind because they took too long, as "Plugin.hook".
    std::vector<std::string> abandoned;
};

/// A child of a plugin, with whose it is.
struct PluginChild {
    std::string plugin;
    ChildState child;
};

/// All that is known of a service, at one moment.
struct ServiceInfo {
    std::string name;
    Version version;
    bool concurrent = false;
    StartOptions start;
    ServiceState state;
    std::vector<PluginState> plugins;   ///< as `ServiceControl::plugins`
    std::set<std::string> callbacks;    ///< in which one of them takes part
    std::shared_ptr<const Json> config; ///< as the plugins see it
    std::uint64_t hash = 0;             ///< differs when the version, the chain or the configuration does
};

/// A callback that a plugin brought, as it is announced.
struct ExportedDescription {
    std::string name;
    std::string description;
    bool idempotent;
};

/// A chain that took the place of the one that was compiled.
struct ChangedChain {
    LiveChain chain;
    std::vector<ExportedCallback> exports; ///< of all its plugins, sorted by name
    std::vector<std::shared_ptr<ChainObserver>> observers;
};

/// Operates one service: starts, pauses and stops it, and changes its chain while it runs.
///
/// A change prepares the new chain on the side and switches to it at once: a call sees the chain
/// from before or the one from after. Calls under way end on the chain on which they began; the
/// plugins that left are stopped when the last of these has ended. What fails leaves everything
/// as it was. Any thread; operations of one service wait for each other.
class ServiceControl {
public:
    /// `plugins`: all of the service's own, top first, with the service itself and without `Base`.
    /// They outlive this object. `known`: the callbacks by their positions.
    ServiceControl(ServiceCore& core, ListingInfo listing, std::span<const LiveCallback> known,
                   std::span<const std::pair<const PluginType*, void*>> plugins);
    ~ServiceControl();
    ServiceControl(const ServiceControl&) = delete;
    ServiceControl& operator=(const ServiceControl&) = delete;

    /// Before `start`.
    void set_limits(const ControlLimits& limits) { limits_ = limits; }

    /// Merges the configuration, asks the plugins about it, and starts them, lowest first. When one
    /// fails, those started are stopped again and the service is `failed`; from then on it is tried
    /// again, until it runs or is stopped.
    Result<void> start(ServiceHost host, StartOptions options = {});
    /// For good: stops the plugins, highest first. What they throw is logged, and stopping goes on.
    void stop() noexcept;

    /// `pause` refuses calls and keeps the plugins started; `drain` does so too, and says to callers that it is
    /// about to stop, see `drained`; `inactive` stops them; `active` undoes all of these. Returns when it is done, with
    /// the plugins' reason when it failed. `reason` is kept.
    Result<void> set_admin_status(AdminStatus status, std::string_view reason = {});
    [[nodiscard]] AdminStatus admin_status() const noexcept { return admin_.load(std::memory_order_acquire); }

    /// Puts a plugin on top of the others, as far as dependencies allow, with what it depends on.
    /// Names are as in `plugins()`, or what follows their last `::`. One that is listed already: nothing to do.
    /// `brought` are candidates for this change only, before those that the host offers; what they
    /// hold is let go when the plugin has left the chain. `config` is merged into the configuration.
    Result<void> add_plugin(std::string_view name, std::span<const OfferedPlugin> brought = {},
                            const Json& config = Json::object());
    /// Takes a listed plugin out, and the dependencies that only it needed. `not_found` when it is
    /// not there, `conflict` when another needs it.
    Result<void> remove_plugin(std::string_view name);
    /// Replaces the whole list; empty: only the service itself.
    Result<void> set_plugins(std::span<const std::string> names, std::span<const OfferedPlugin> brought = {});
    /// Merges `update` into the configuration, where null takes a value out, and tells the plugins.
    /// With `plugins`, replaces their list in the same step.
    Result<void> reconfigure(const Json& update, std::optional<std::vector<std::string>> plugins = {});

    /// Joins the chain anew so that `observer` sees the calls that begin from now on, until `unobserve`. Nothing else
    /// changes: neither the list of plugins nor the configuration.
    Result<void> observe(const std::shared_ptr<ChainObserver>& observer);
    void unobserve(const std::shared_ptr<ChainObserver>& observer) noexcept;

    /// The configuration as the plugins see it.
    [[nodiscard]] std::shared_ptr<const Json> config() const;
    /// Its values, each with the layer that it came from.
    [[nodiscard]] std::vector<ConfigValue> config_values() const;

    /// The chain now, top first, with the service and `Base`, and those who observe it above.
    [[nodiscard]] std::vector<PluginState> plugins() const;
    /// Those who take part in a callback now, top first.
    [[nodiscard]] std::vector<ExplainedLink> explain(std::string_view callback) const;

    /// What plugins brought that can be called from outside now, by name.
    [[nodiscard]] std::vector<ExportedDescription> exports() const;
    /// Whether `callback` is one of those.
    [[nodiscard]] bool exports(std::string_view callback) const;
    /// Runs one of those for whoever has passed the door and holds `gate`, if any: decodes `body`, and
    /// appends the encoded result to `out`. `request_op_unknown` when it has left meanwhile.
    [[nodiscard]] Result<void> run_exported(std::string_view callback, bool json, std::string_view body, Gate* gate,
                                            const CallInfo& info, std::string& out);

    [[nodiscard]] bool live() const noexcept { return is_live(core_.running_status()); }
    /// False as soon as one plugin says that it is not ready, and whenever the service does not run. Also
    /// when the plugins cannot be asked by `deadline`, because others operate the service or calls are inside.
    [[nodiscard]] bool ready(Deadline deadline = Deadline{Clock::time_point::max()});
    /// Whether no call is inside, but those of this thread, and no plugin has anything left to do; asked
    /// again until it is so. The deadline is as above.
    [[nodiscard]] bool drained(Deadline deadline = Deadline{Clock::time_point::max()});
    [[nodiscard]] ServiceState state() const;
    [[nodiscard]] ServiceInfo info() const;
    /// What the plugins have running beside them.
    [[nodiscard]] std::vector<PluginChild> children() const;

    /// The chain when it is not the one that was compiled; a caller is inside the service meanwhile.
    [[nodiscard]] const ChangedChain* changed_chain() const noexcept { return live_.load(std::memory_order_acquire); }

    /// The plugins that are here now, kept for as long as this lives.
    [[nodiscard]] std::shared_ptr<const void> present_plugins() const;
    /// How often plugins have left the chain; a caller is inside the service meanwhile.
    [[nodiscard]] std::uint64_t departures() const noexcept { return departures_.load(std::memory_order_acquire); }

private:
    struct Unit;
    using Units = std::vector<std::shared_ptr<Unit>>;
    struct Retired {
        std::unique_ptr<const ChangedChain> chain;
        Units units; ///< top first
    };
    struct Plan;
    struct Trace;
    using Hook = std::function<Result<void>()>;
    using Edit = std::function<Result<void>(std::vector<std::string>& listed)>;

    class Operation;

    // service_views.cpp: what can be seen
    [[nodiscard]] std::vector<PluginState> plugins_locked() const;
    [[nodiscard]] ServiceState state_locked() const;
    [[nodiscard]] std::uint64_t hash_locked() const;

    // service_control.cpp: its life
    Result<void> start_all();
    void set_status(RunningStatus status);
    void tell_host();
    void fail(const Status& why);
    bool all_say(std::string_view hook, bool (*PluginHooks::*which)(void*), Deadline deadline);

    // service_hooks.cpp: running what plugins have
    Result<void> run_hook(const std::shared_ptr<Unit>& unit, std::string_view hook, Hook body, Gate* gate,
                          HookRunner& runner);
    Result<std::shared_ptr<Unit>> make_unit(const PluginType& type, std::shared_ptr<void> code);
    Result<std::shared_ptr<Unit>> make_unit(const PluginInfo& info, std::span<const OfferedPlugin> offers);
    Result<void> run_exclusive_hook(const std::shared_ptr<Unit>& unit, std::string_view hook, Hook body,
                                    Deadline entered = Deadline{Clock::time_point::max()});
    Result<void> start_unit(const std::shared_ptr<Unit>& unit, const std::shared_ptr<const Json>& config);
    Result<void> start_units(const Units& bottom_up, const std::shared_ptr<const Json>& config);
    void stop_units(const Units& top_first, HookRunner& runner) noexcept;
    void set_children(const std::shared_ptr<Unit>& unit, std::unique_ptr<Supervisor> children) noexcept;
    void leave_behind(const std::shared_ptr<Unit>& unit, std::string_view what);

    // service_change.cpp: another chain, another configuration
    Result<void> change(const Edit& edit, const Json& update, std::span<const OfferedPlugin> brought);
    Result<Plan> plan(const Edit& edit, std::span<const OfferedPlugin> brought);
    Result<void> join(Plan& plan) const;
    Result<std::unique_ptr<const ChangedChain>> join(const Units& units) const;
    Result<void> rejoin();
    Result<void> prepare(Plan& plan);
    Result<void> replace(Plan& plan, const std::shared_ptr<Unit>& unit);
    void switch_to(Plan plan);

    // service_config.cpp: what is configured
    Result<Json> configure(const Units& units, ConfigLayers& layers);
    Result<Json> merge(const Units& units, ConfigLayers& layers);
    Result<Json> merge_layer(const Units& units, Json config, const Json& layer);
    Result<Updated> tell(const std::shared_ptr<Unit>& unit, const Json& before, const Json& now);
    void tell_back(const Units& told, const Json& before, const Json& now);

    // service_background.cpp: what happens by itself
    void work_in_background();
    void want_background_locked();
    void recover();
    void reclaim(Retired retired);
    bool wait_for_leavers(Deadline deadline, Pins::Whose whose = Pins::Whose::all);
    void on_children_failed(const std::shared_ptr<Unit>& unit, const Status& why);

    ServiceCore& core_;
    const ListingInfo listing_;
    const std::vector<LiveCallback> known_;
    ControlLimits limits_;
    ConfigStore own_store_; ///< for a host that has none

    std::atomic<const ChangedChain*> live_ = nullptr;
    std::atomic<std::uint64_t> departures_ = 0;
    std::atomic<AdminStatus> admin_ = AdminStatus::active;

    std::timed_mutex operation_;   ///< one at a time
    HookRunner hooks_;             ///< of the operation
    std::shared_ptr<Trace> trace_; ///< what hooks of the change leave in the service
    std::timed_mutex leavers_;     ///< one waits for them at a time

    mutable std::mutex mutex_; ///< of all below, never held while a plugin runs
    bool operating_ = false;
    std::shared_ptr<const ServiceHost> host_;
    StartOptions options_;
    ConfigLayers layers_;
    std::shared_ptr<const Json> config_ = std::make_shared<const Json>(Json::object());
    Units own_;   ///< as compiled
    Units units_; ///< now, top first
    std::vector<std::string> listed_;
    std::vector<std::shared_ptr<ChainObserver>> observers_;
    std::unique_ptr<const ChangedChain> chain_;    ///< what `live_` points to
    std::unique_ptr<const ChangedChain> compiled_; ///< the one that was compiled, as a table
    std::string reason_;
    std::chrono::system_clock::time_point status_at_ = std::chrono::system_clock::now();
    std::optional<Status> last_error_;
    std::optional<std::chrono::system_clock::time_point> last_error_at_;
    std::vector<std::string> abandoned_;

    std::condition_variable background_changed_;
    std::deque<Retired> retired_;
    std::deque<std::pair<std::shared_ptr<Unit>, Status>> failed_children_;
    std::optional<Clock::time_point> retry_at_;
    Clock::duration retry_pause_{};
    bool ending_ = false;
    std::thread background_;
    HookRunner background_hooks_;
};

} // namespace malla
