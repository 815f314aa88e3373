// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/service_control.hpp"
#include "malla/service/supervisor.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// For the sources of ServiceControl.
namespace malla {

/// One plugin object. What is left behind by a hook that hangs is never destroyed.
struct ServiceControl::Unit {
    Unit(const PluginType& of, std::shared_ptr<void> its_code, std::shared_ptr<void> its_object)
        : code{std::move(its_code)}, type{&of}, object{std::move(its_object)} {}

    [[nodiscard]] std::string_view name() const noexcept { return type->info->name; }

    std::shared_ptr<void> code; ///< destroyed after the object
    const PluginType* type;
    std::shared_ptr<void> object;
    bool started = false;
    std::unique_ptr<Supervisor> children; ///< changed by whoever operates, under the service's mutex
};

/// A chain with its configuration that could take the place of the present one.
struct ServiceControl::Plan {
    std::vector<std::string> listed;
    Units units;                               ///< top first
    Units added;                               ///< of them, those that are not in the present chain, top first
    std::unique_ptr<const ChangedChain> chain; ///< null for the one that was compiled
    ConfigLayers layers;
    std::shared_ptr<const Json> config;
    Units told; ///< of the new configuration, in this order
};

/// What a change has left in the stores of the service, so that it can be undone. Shared with hooks that were left
/// behind: what they do after that has no effect.
struct ServiceControl::Trace {
    explicit Trace(ServiceCore& core) noexcept : stored{core.storage()}, registered{core.registry()} {}

    void undo() {
        stored.undo();
        registered.undo();
    }

    Store::Record stored;
    Registry::Record registered;
};

/// Whoever has one is the only one who operates the service. What `mutex_` guards is then changed by nobody else
/// but the background, which takes from its queues.
class ServiceControl::Operation {
public:
    explicit Operation(ServiceControl& control) : control_{control}, lock_{control.operation_} { set(true); }
    Operation(ServiceControl& control, Deadline deadline)
        : control_{control}, lock_{control.operation_, deadline.at()} {
        if (lock_) set(true);
    }
    ~Operation() {
        if (lock_) set(false);
    }
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    [[nodiscard]] explicit operator bool() const noexcept { return lock_.owns_lock(); }

private:
    void set(bool operating) {
        const std::lock_guard lock{control_.mutex_};
        control_.operating_ = operating;
        control_.background_changed_.notify_all();
    }

    ServiceControl& control_;
    std::unique_lock<std::timed_mutex> lock_;
};

/// A plugin's name without its namespaces.
[[nodiscard]] inline std::string_view last_part(std::string_view name) {
    const auto colon = name.rfind("::");
    return colon == std::string_view::npos ? name : name.substr(colon + 2);
}

} // namespace malla
