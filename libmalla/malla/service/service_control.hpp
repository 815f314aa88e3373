// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/live_chain.hpp"
#include "malla/service/hook_runner.hpp"
#include "malla/service/plugin_type.hpp"
#include "malla/service/service_core.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace malla {

/// A plugin that a service can get while it runs.
struct OfferedPlugin {
    const PluginType* type;
    std::shared_ptr<void> code; ///< keeps a shared object loaded; null for what is linked in
};

/// What a service needs of the node that hosts it.
struct ServiceHost {
    Json config = Json::object();
    NodeId node;
    std::string node_name;
    /// What can be added now. Null: nothing.
    std::function<std::vector<OfferedPlugin>()> offers;
    /// Told after each change of status or chain, on the thread that changed it. May be null.
    std::function<void()> changed;
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

    /// Starts the plugins, lowest first. When one fails, those started are stopped again and the
    /// service is `failed`; from then on it is tried again, until it runs or is stopped.
    Result<void> start(ServiceHost host);
    /// For good: stops the plugins, highest first. What they throw is logged, and stopping goes on.
    void stop() noexcept;

    /// `pause` refuses calls and keeps the plugins started; `inactive` stops them; `active` undoes
    /// both. Returns when it is done, with the plugins' reason when it failed. `reason` is kept.
    Result<void> set_admin_status(AdminStatus status, std::string_view reason = {});
    [[nodiscard]] AdminStatus admin_status() const noexcept { return admin_.load(std::memory_order_acquire); }

    /// Puts a plugin on top of the others, as far as dependencies allow, with what it depends on.
    /// Names are as in `plugins()`, or what follows their last `::`. One that is listed already: nothing to do.
    /// `brought` are candidates for this change only, before those that the host offers; what they
    /// hold is let go when the plugin has left the chain.
    Result<void> add_plugin(std::string_view name, std::span<const OfferedPlugin> brought = {});
    /// Takes a listed plugin out, and the dependencies that only it needed. `not_found` when it is
    /// not there, `conflict` when another needs it.
    Result<void> remove_plugin(std::string_view name);
    /// Replaces the whole list; empty: only the service itself.
    Result<void> set_plugins(std::span<const std::string> names, std::span<const OfferedPlugin> brought = {});

    /// The chain now, top first, with the service and `Base`.
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

    /// False as soon as one plugin says that it is not ready, and whenever the service does not run.
    [[nodiscard]] bool ready();
    /// Whether no call is inside and no plugin has anything left to do; asked again until it is so.
    [[nodiscard]] bool drained();
    /// Why it failed last, if it ever did.
    [[nodiscard]] std::optional<Status> last_error() const;
    /// The hooks that were left behind because they took too long, as "Plugin.hook".
    [[nodiscard]] std::vector<std::string> abandoned() const;

    /// The chain when it is not the one that was compiled; a caller is inside the service meanwhile.
    [[nodiscard]] const ChangedChain* changed_chain() const noexcept { return live_.load(std::memory_order_acquire); }

private:
    struct Unit;
    using Units = std::vector<std::shared_ptr<Unit>>;
    struct Retired {
        std::unique_ptr<const ChangedChain> chain;
        Units units; ///< top first
    };
    struct Plan;

    using Edit = std::function<Result<void>(std::vector<std::string>& listed)>;
    Result<void> change(const Edit& edit, std::span<const OfferedPlugin> brought);
    Result<Plan> plan(std::vector<std::string> listed, std::vector<OfferedPlugin> offers);
    Result<std::unique_ptr<const ChangedChain>> join(const Units& units) const;
    void switch_to(Plan plan);
    Result<void> start_units(const Units& bottom_up);
    void stop_units(const Units& top_first, HookRunner& runner) noexcept;
    Result<void> start_all();
    void set_status(RunningStatus status);
    Result<bool> run_hook(const std::shared_ptr<Unit>& unit, std::string_view hook, std::function<Result<bool>()> body,
                          Gate* gate, HookRunner& runner);
    Result<bool> run_exclusive_hook(const std::shared_ptr<Unit>& unit, std::string_view hook,
                                    std::function<Result<bool>()> body);
    bool all_say(std::string_view hook, bool (*PluginHooks::*which)(void*));
    void work_in_background();
    void try_again();
    void reclaim(Retired retired);
    bool wait_for_leavers(Deadline deadline);

    ServiceCore& core_;
    const ListingInfo listing_;
    const std::vector<LiveCallback> known_;
    ControlLimits limits_;

    std::atomic<const ChangedChain*> live_ = nullptr;
    std::atomic<AdminStatus> admin_ = AdminStatus::active;

    std::mutex operation_;     ///< one at a time
    HookRunner hooks_;         ///< of the operation
    std::timed_mutex leavers_; ///< one waits for them at a time

    mutable std::mutex mutex_; ///< of all below, never held while a plugin runs
    std::shared_ptr<const ServiceHost> host_;
    Units own_;   ///< as compiled
    Units units_; ///< now, top first
    std::vector<std::string> listed_;
    std::unique_ptr<const ChangedChain> chain_;    ///< what `live_` points to
    std::unique_ptr<const ChangedChain> compiled_; ///< the one that was compiled, as a table
    std::string reason_;
    std::optional<Status> last_error_;
    std::vector<std::string> abandoned_;

    std::condition_variable background_changed_;
    std::deque<Retired> retired_;
    std::optional<Clock::time_point> retry_at_;
    Clock::duration retry_pause_{};
    bool ending_ = false;
    std::thread background_;
    HookRunner background_hooks_;
};

} // namespace malla
