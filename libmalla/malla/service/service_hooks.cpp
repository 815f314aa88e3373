// SPDX-License-Identifier: Apache-2.0
// How a service runs what its plugins have: hooks, on a thread that is left behind when one hangs, and children.
#include "malla/base/log.hpp"
#include "malla/service/service_parts.hpp"

#include <algorithm>
#include <mutex>
#include <optional>

namespace malla {

namespace {

/// It goes on using its object and its code.
void keep_for_ever(std::shared_ptr<void> used) {
    static std::mutex mutex;
    static auto* const left_behind = new std::vector<std::shared_ptr<void>>; // outlives the threads that use it
    const std::lock_guard lock{mutex};
    left_behind->push_back(std::move(used));
}

} // namespace

// Of a plugin that takes part in calls: those of a serial service are kept out meanwhile.
Result<void> ServiceControl::run_exclusive_hook(const std::shared_ptr<Unit>& unit, std::string_view hook, Hook body,
                                                Deadline entered) {
    if (core_.concurrent() || !unit->started) return run_hook(unit, hook, std::move(body), nullptr, hooks_);
    Gate& gate = core_.gate();
    if (gate.enter_waiting(current_root(), std::min(entered, Deadline::in(limits_.hook))) != Gate::Entry::entered)
        return Status{"timeout"}.set_info("calls did not leave " + std::string{core_.name()} + " to its hook " +
                                          std::string{hook});
    auto result = run_hook(unit, hook, std::move(body), &gate, hooks_);
    gate.leave();
    return result;
}

/// An object is made as hooks are run: its constructor may throw or hang as well.
Result<std::shared_ptr<ServiceControl::Unit>> ServiceControl::make_unit(const PluginType& type,
                                                                        std::shared_ptr<void> code) {
    auto unit = std::make_shared<Unit>(type, std::move(code), nullptr);
    const Hook make = [unit]() -> Result<void> {
        unit->object = unit->type->make();
        return {};
    };
    if (auto made = run_hook(unit, "constructor", make, nullptr, hooks_); !made) return std::move(made).error();
    return unit;
}

Result<void> ServiceControl::run_hook(const std::shared_ptr<Unit>& unit, std::string_view hook, Hook body, Gate* gate,
                                      HookRunner& runner) {
    const auto result = std::make_shared<Result<void>>();
    const bool returned = runner.run(
        [&core = core_, gate, unit, body = std::move(body), result, trace = &runner == &hooks_ ? trace_ : nullptr] {
            const Frame frame{core, gate, nullptr};
            std::optional<Store::Recording> stored;
            std::optional<Registry::Recording> registered;
            if (trace) {
                stored.emplace(trace->stored);
                registered.emplace(trace->registered);
            }
            try {
                *result = body();
            } catch (...) {
                *result = status_of_exception(core);
            }
        },
        Deadline::in(limits_.hook));
    if (returned) return std::move(*result);
    leave_behind(unit, hook);
    return Status{"timeout"}.set_info(std::string{last_part(unit->name())}.append(".").append(hook) +
                                      " did not return within " + duration_text(limits_.hook) + ": it was left behind");
}

void ServiceControl::leave_behind(const std::shared_ptr<Unit>& unit, std::string_view what) {
    keep_for_ever(unit);
    const std::string name = std::string{last_part(unit->name())}.append(".").append(what);
    log(LogLevel::error, name + " took too long and was left behind (" + std::string{core_.name()} + ")");
    const std::lock_guard lock{mutex_};
    abandoned_.push_back(name);
}

Result<void> ServiceControl::start_unit(const std::shared_ptr<Unit>& unit, const std::shared_ptr<const Json>& config) {
    const auto children = std::make_shared<Children>();
    if (unit->type->hooks.start) {
        const Hook body = [unit, config, children, host = host_, &core = core_]() -> Result<void> {
            auto started = unit->type->hooks.start(unit->object.get(),
                                                   Starting{*config, host->node, host->node_name, core.storage(),
                                                            core.registry(), *host->node_store, host->hosting});
            if (!started) return std::move(started).error();
            *children = *std::move(started);
            return {};
        };
        if (auto started = run_hook(unit, "start", body, nullptr, hooks_); !started) return started;
    }
    unit->started = true;
    if (children->children.empty()) return {};
    const auto around = [&core = core_](const std::function<void()>& child) {
        const Frame frame{core, nullptr, nullptr};
        child();
    };
    const auto gave_up = [this, failed = std::weak_ptr<Unit>{unit}](Status why) {
        const std::lock_guard lock{mutex_};
        if (auto known = failed.lock()) failed_children_.emplace_back(std::move(known), std::move(why));
        want_background_locked();
    };
    set_children(unit, std::make_unique<Supervisor>(std::string{last_part(unit->name())}, std::move(*children), around,
                                                    gave_up));
    auto running = unit->children->start();
    if (!running) stop_units({unit}, hooks_);
    return running;
}

// Others may look at them meanwhile.
void ServiceControl::set_children(const std::shared_ptr<Unit>& unit, std::unique_ptr<Supervisor> children) noexcept {
    const std::lock_guard lock{mutex_};
    unit->children.swap(children); // those before are destroyed when the mutex is free: they may wait for it
}

// When one fails, those started here are stopped again.
Result<void> ServiceControl::start_units(const Units& bottom_up, const std::shared_ptr<const Json>& config) {
    Units started;
    for (const auto& unit : bottom_up) {
        if (unit->started) continue;
        if (auto begun = start_unit(unit, config); !begun) {
            stop_units({started.rbegin(), started.rend()}, hooks_);
            return begun;
        }
        started.push_back(unit);
    }
    return {};
}

void ServiceControl::stop_units(const Units& top_first, HookRunner& runner) noexcept {
    for (const auto& unit : top_first) {
        if (!std::exchange(unit->started, false)) continue;
        if (unit->type->hooks.stop) {
            const Hook body = [unit]() -> Result<void> {
                unit->type->hooks.stop(unit->object.get());
                return {};
            };
            if (const auto stopped = run_hook(unit, "stop", body, nullptr, runner); !stopped)
                log(LogLevel::warning,
                    "plugin " + std::string{unit->name()} + " did not stop well: " + stopped.error().text());
        }
        if (!unit->children) continue;
        for (const std::string& child : unit->children->stop(Deadline::in(limits_.hook))) leave_behind(unit, child);
        set_children(unit, nullptr);
    }
}

} // namespace malla
