// SPDX-License-Identifier: Apache-2.0
#include "malla/service/service_control.hpp"

#include "malla/base/error.hpp"
#include "malla/base/log.hpp"
#include "malla/service/service_parts.hpp"

#include <algorithm>
#include <utility>

namespace malla {

ServiceControl::ServiceControl(ServiceCore& core, ListingInfo listing, std::span<const LiveCallback> known,
                               std::span<const std::pair<const PluginType*, void*>> plugins)
    : core_{core}, listing_{listing}, known_(known.begin(), known.end()),
      listed_(listing.plugins.begin(), listing.plugins.end()) {
    for (const auto& [type, object] : plugins)
        own_.push_back(std::make_shared<Unit>(*type, nullptr, std::shared_ptr<void>{std::shared_ptr<void>{}, object}));
    units_ = own_;
    compiled_ = value_or_throw(join(own_));
    core_.set_present(compiled_->chain);
}

ServiceControl::~ServiceControl() {
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
        background_changed_.notify_all();
    }
    if (background_.joinable()) background_.join();
    for (const auto& unit : units_)
        if (unit->children) (void)unit->children->stop(Deadline::in(limits_.hook));
    core_.set_absent();
}

Result<void> ServiceControl::start(ServiceHost host, StartOptions options) {
    const BlockingScope blocking;
    const Operation operation{*this};
    if (!host.node_store) host.node_store = &own_store_;
    {
        const std::lock_guard lock{mutex_};
        layers_ = host.config;
        core_.set_events(host.events);
        host_ = std::make_shared<const ServiceHost>(std::move(host));
        options_ = options;
        reason_ = "init";
        retry_pause_ = limits_.retry;
    }
    if (!options.paused) return start_all();
    admin_.store(AdminStatus::pause, std::memory_order_release);
    set_status(RunningStatus::paused);
    return {};
}

// All that are not started: after a failure of one plugin's children, that one.
Result<void> ServiceControl::start_all() {
    set_status(RunningStatus::starting);
    ConfigLayers layers = layers_;
    auto config = configure(units_, layers);
    if (!config) {
        fail(config.error());
        return std::move(config).error();
    }
    const auto now = std::make_shared<const Json>(*std::move(config));
    const Units bottom_up(units_.rbegin(), units_.rend());
    if (auto started = start_units(bottom_up, now); !started) {
        stop_units(units_, hooks_);
        fail(started.error());
        return started;
    }
    {
        const std::lock_guard lock{mutex_};
        layers_ = std::move(layers);
        config_ = now;
        retry_pause_ = limits_.retry;
    }
    set_status(RunningStatus::running);
    return {};
}

/// It does not run, and is tried again later.
void ServiceControl::fail(const Status& why) {
    log(LogLevel::warning, "service " + std::string{core_.name()} + " failed: " + why.text());
    {
        const std::lock_guard lock{mutex_};
        last_error_ = why;
        last_error_at_ = std::chrono::system_clock::now();
        retry_at_ = Clock::now() + retry_pause_;
        retry_pause_ = std::min(2 * retry_pause_, limits_.longest_retry);
        want_background_locked();
    }
    set_status(RunningStatus::failed);
}

void ServiceControl::stop() noexcept {
    {
        const std::lock_guard lock{mutex_};
        retry_at_.reset();
    }
    const Operation operation{*this};
    if (core_.running_status() == RunningStatus::stopped) return;
    set_status(RunningStatus::stopping);
    {
        std::unique_lock lock{mutex_};
        background_changed_.wait_for(lock, limits_.hook, [this] { return retired_.empty(); });
    }
    (void)wait_for_leavers(Deadline::in(limits_.hook));
    stop_units(units_, hooks_);
    set_status(RunningStatus::stopped);
}

Result<void> ServiceControl::set_admin_status(AdminStatus status, std::string_view reason) {
    const BlockingScope blocking;
    const Operation operation{*this};
    if (status == admin_status()) return {};
    admin_.store(status, std::memory_order_release);
    {
        const std::lock_guard lock{mutex_};
        reason_ = reason;
        retry_at_.reset();
    }
    const RunningStatus before = core_.running_status();
    const bool started = has_started_plugins(before) && std::ranges::all_of(units_, &Unit::started);
    switch (status) {
    case AdminStatus::pause:
        if (!started) return tell_host(), Result<void>{};
        set_status(RunningStatus::pausing);
        set_status(RunningStatus::paused);
        return {};
    case AdminStatus::drain:
        if (!started) return tell_host(), Result<void>{};
        set_status(RunningStatus::draining);
        return {};
    case AdminStatus::inactive:
        if (before == RunningStatus::stopped) return tell_host(), Result<void>{};
        set_status(RunningStatus::stopping);
        (void)wait_for_leavers(Deadline::in(limits_.hook));
        stop_units(units_, hooks_);
        set_status(RunningStatus::stopped);
        return {};
    case AdminStatus::active: break;
    }
    if (!started) return start_all();
    set_status(RunningStatus::running);
    return {};
}

void ServiceControl::set_status(RunningStatus status) {
    core_.set_running_status(status);
    bool silent = false;
    {
        const std::lock_guard lock{mutex_};
        status_at_ = std::chrono::system_clock::now();
        silent = options_.silent;
    }
    if (!silent) log(LogLevel::info, "service " + std::string{core_.name()} + " is " + std::string{name_of(status)});
    for (const auto& unit : units_) {
        if (!unit->started || !unit->type->hooks.status_changed) continue;
        const auto told = run_exclusive_hook(unit, "status_changed", [unit, status]() -> Result<void> {
            unit->type->hooks.status_changed(unit->object.get(), status);
            return {};
        });
        if (!told) log(LogLevel::warning, told.error().text());
    }
    tell_host();
}

void ServiceControl::tell_host() {
    std::shared_ptr<const ServiceHost> host;
    {
        const std::lock_guard lock{mutex_};
        host = host_;
    }
    if (host && host->changed) host->changed();
}

bool ServiceControl::ready(Deadline deadline) {
    return core_.open() && all_say("ready", &PluginHooks::ready, deadline);
}

bool ServiceControl::drained(Deadline deadline) {
    return wait_for_leavers(Deadline{Clock::now()}, Pins::Whose::others) &&
           all_say("drain", &PluginHooks::drain, deadline);
}

bool ServiceControl::all_say(std::string_view hook, bool (*PluginHooks::*which)(void*), Deadline deadline) {
    const BlockingScope blocking;
    const Operation operation{*this, deadline};
    return operation && std::ranges::all_of(units_, [&](const auto& unit) {
               const auto asked = unit->type->hooks.*which;
               if (!asked || !unit->started) return true;
               const auto yes = std::make_shared<bool>(false);
               const Hook ask = [unit, asked, yes]() -> Result<void> {
                   *yes = asked(unit->object.get());
                   return {};
               };
               const auto said = run_exclusive_hook(unit, hook, ask, deadline);
               if (!said) log(LogLevel::warning, said.error().text());
               return said && *yes;
           });
}

} // namespace malla
