// SPDX-License-Identifier: Apache-2.0
#include "malla/service/service_control.hpp"

#include "malla/base/error.hpp"
#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"

#include <algorithm>
#include <utility>

namespace malla {

namespace {

std::string_view last_part(std::string_view name) {
    const auto colon = name.rfind("::");
    return colon == std::string_view::npos ? name : name.substr(colon + 2);
}

bool has_name(std::string_view full, std::string_view asked) { return full == asked || last_part(full) == asked; }

/// It goes on using its object and its code.
void keep_for_ever(std::shared_ptr<void> used) {
    static std::mutex mutex;
    static auto* const left_behind = new std::vector<std::shared_ptr<void>>; // outlives the threads that use it
    const std::lock_guard lock{mutex};
    left_behind->push_back(std::move(used));
}

std::string_view name_of_export(const ExportedCallback& exported) { return exported.callback.name; }

Result<bool> done(Result<void> result) {
    if (!result) return std::move(result).error();
    return true;
}

} // namespace

/// One plugin object. What is left behind by a hook that hangs is never destroyed.
struct ServiceControl::Unit {
    Unit(const PluginType& of, std::shared_ptr<void> its_code, std::shared_ptr<void> its_object)
        : code{std::move(its_code)}, type{&of}, object{std::move(its_object)} {}

    [[nodiscard]] std::string_view name() const noexcept { return type->info->name; }

    std::shared_ptr<void> code; ///< destroyed after the object
    const PluginType* type;
    std::shared_ptr<void> object;
    bool started = false;
};

/// A chain that could take the place of the present one.
struct ServiceControl::Plan {
    std::vector<std::string> listed;
    Units units;
    Units added;                               ///< of them, top first
    std::unique_ptr<const ChangedChain> chain; ///< null for the one that was compiled
};

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
}

// ---- lifecycle

Result<void> ServiceControl::start(ServiceHost host) {
    const BlockingScope blocking;
    const std::lock_guard operation{operation_};
    {
        const std::lock_guard lock{mutex_};
        host_ = std::make_shared<const ServiceHost>(std::move(host));
        reason_ = "init";
        retry_pause_ = limits_.retry;
    }
    return start_all();
}

Result<void> ServiceControl::start_all() {
    set_status(RunningStatus::starting);
    Units bottom_up;
    {
        const std::lock_guard lock{mutex_};
        bottom_up.assign(units_.rbegin(), units_.rend());
    }
    auto started = start_units(bottom_up);
    if (started) {
        const std::lock_guard lock{mutex_};
        retry_pause_ = limits_.retry;
    }
    set_status(started ? RunningStatus::running : RunningStatus::failed);
    if (started) return started;
    const std::lock_guard lock{mutex_};
    last_error_ = started.error();
    retry_at_ = Clock::now() + retry_pause_;
    retry_pause_ = std::min(2 * retry_pause_, limits_.longest_retry);
    if (!background_.joinable()) background_ = start_thread("malla-service", [this] { work_in_background(); });
    background_changed_.notify_all();
    return started;
}

void ServiceControl::stop() noexcept {
    {
        const std::lock_guard lock{mutex_};
        retry_at_.reset();
    }
    const std::lock_guard operation{operation_};
    if (core_.running_status() == RunningStatus::stopped) return;
    set_status(RunningStatus::stopping);
    {
        std::unique_lock lock{mutex_};
        background_changed_.wait_for(lock, limits_.hook, [this] { return retired_.empty(); });
    }
    stop_units(units_, hooks_);
    set_status(RunningStatus::stopped);
}

Result<void> ServiceControl::set_admin_status(AdminStatus status, std::string_view reason) {
    const BlockingScope blocking;
    const std::lock_guard operation{operation_};
    if (status == admin_status()) return {};
    admin_.store(status, std::memory_order_release);
    {
        const std::lock_guard lock{mutex_};
        reason_ = reason;
        retry_at_.reset();
    }
    const RunningStatus before = core_.running_status();
    switch (status) {
    case AdminStatus::pause:
        if (before != RunningStatus::running) return {};
        set_status(RunningStatus::pausing);
        set_status(RunningStatus::paused);
        return {};
    case AdminStatus::inactive:
        if (before == RunningStatus::stopped) return {};
        set_status(RunningStatus::stopping);
        (void)wait_for_leavers(Deadline::in(limits_.hook));
        stop_units(units_, hooks_);
        set_status(RunningStatus::stopped);
        return {};
    case AdminStatus::active: break;
    }
    if (before != RunningStatus::paused) return start_all();
    set_status(RunningStatus::running);
    return {};
}

void ServiceControl::set_status(RunningStatus status) {
    core_.set_running_status(status);
    Units units;
    std::shared_ptr<const ServiceHost> host;
    {
        const std::lock_guard lock{mutex_};
        units = units_;
        host = host_;
    }
    for (const auto& unit : units) {
        if (!unit->started || !unit->type->hooks.status_changed) continue;
        const auto told = run_exclusive_hook(unit, "status_changed", [unit, status] {
            unit->type->hooks.status_changed(unit->object.get(), status);
            return true;
        });
        if (!told) log(LogLevel::warning, told.error().text());
    }
    if (host && host->changed) host->changed();
}

bool ServiceControl::ready() { return core_.open() && all_say("ready", &PluginHooks::ready); }

bool ServiceControl::drained() {
    return wait_for_leavers(Deadline{Clock::now()}) && all_say("drain", &PluginHooks::drain);
}

bool ServiceControl::all_say(std::string_view hook, bool (*PluginHooks::*which)(void*)) {
    const BlockingScope blocking;
    const std::lock_guard operation{operation_};
    return std::ranges::all_of(units_, [&](const auto& unit) {
        const auto asked = unit->type->hooks.*which;
        if (!asked) return true;
        const auto said = run_exclusive_hook(unit, hook, [unit, asked] { return asked(unit->object.get()); });
        if (!said) log(LogLevel::warning, said.error().text());
        return said && *said;
    });
}

// ---- hooks

// Of a plugin that takes part in calls: those of a serial service are kept out meanwhile.
Result<bool> ServiceControl::run_exclusive_hook(const std::shared_ptr<Unit>& unit, std::string_view hook,
                                                std::function<Result<bool>()> body) {
    if (core_.concurrent()) return run_hook(unit, hook, std::move(body), nullptr, hooks_);
    Gate& gate = core_.gate();
    if (gate.enter_waiting(current_root(), Deadline::in(limits_.hook)) != Gate::Entry::entered)
        return Status{"timeout"}.set_info("calls did not leave " + std::string{core_.name()} + " to its hook " +
                                          std::string{hook});
    auto result = run_hook(unit, hook, std::move(body), &gate, hooks_);
    gate.leave();
    return result;
}

Result<bool> ServiceControl::run_hook(const std::shared_ptr<Unit>& unit, std::string_view hook,
                                      std::function<Result<bool>()> body, Gate* gate, HookRunner& runner) {
    auto result = std::make_shared<std::optional<Result<bool>>>();
    const bool returned = runner.run(
        [&core = core_, gate, unit, body = std::move(body), result] {
            const Frame frame{core, gate, nullptr};
            try {
                *result = body();
            } catch (...) {
                *result = status_of_exception(core.name());
            }
        },
        Deadline::in(limits_.hook));
    if (returned) return *std::move(*result);
    const std::string what = std::string{last_part(unit->name())}.append(".").append(hook);
    keep_for_ever(unit);
    {
        const std::lock_guard lock{mutex_};
        abandoned_.push_back(what);
    }
    return Status{"timeout"}.set_info(what + " did not return within " + duration_text(limits_.hook) +
                                      ": it was left behind");
}

Result<void> ServiceControl::start_units(const Units& bottom_up) {
    for (std::size_t i = 0; i < bottom_up.size(); ++i) {
        const auto& unit = bottom_up[i];
        Result<bool> started = true;
        if (unit->type->hooks.start) {
            const auto body = [unit, host = host_]() -> Result<bool> {
                return done(
                    unit->type->hooks.start(unit->object.get(), Starting{host->config, host->node, host->node_name}));
            };
            started = run_hook(unit, "start", body, nullptr, hooks_);
        }
        if (!started) {
            stop_units(Units(bottom_up.rend() - static_cast<std::ptrdiff_t>(i), bottom_up.rend()), hooks_);
            return std::move(started).error();
        }
        unit->started = true;
    }
    return {};
}

void ServiceControl::stop_units(const Units& top_first, HookRunner& runner) noexcept {
    for (const auto& unit : top_first) {
        if (!std::exchange(unit->started, false) || !unit->type->hooks.stop) continue;
        const auto body = [unit] {
            unit->type->hooks.stop(unit->object.get());
            return true;
        };
        if (const auto stopped = run_hook(unit, "stop", body, nullptr, runner); !stopped)
            log(LogLevel::warning,
                "plugin " + std::string{unit->name()} + " did not stop well: " + stopped.error().text());
    }
}

// ---- changes

Result<void> ServiceControl::add_plugin(std::string_view name, std::span<const OfferedPlugin> brought) {
    const auto put_first = [name](std::vector<std::string>& listed) -> Result<void> {
        const auto same = [&](const std::string& each) { return has_name(each, name); };
        if (std::ranges::none_of(listed, same)) listed.insert(listed.begin(), std::string{name});
        return {};
    };
    return change(put_first, brought);
}

Result<void> ServiceControl::remove_plugin(std::string_view name) {
    const auto take_out = [this, name](std::vector<std::string>& listed) -> Result<void> {
        const auto removed = std::erase_if(listed, [&](const std::string& each) { return has_name(each, name); });
        const auto known = std::ranges::find_if(units_, [&](const auto& unit) { return has_name(unit->name(), name); });
        if (removed > 0) return {};
        if (known == units_.end() || known == units_.begin())
            return Status{"not_found"}.set_info("no plugin '" + std::string{name} + "' is in the chain of " +
                                                std::string{core_.name()});
        return Status{"conflict"}.set_info("other plugins depend on '" + std::string{name} + "': remove them instead");
    };
    return change(take_out, {});
}

Result<void> ServiceControl::set_plugins(std::span<const std::string> names, std::span<const OfferedPlugin> brought) {
    const auto replace = [names](std::vector<std::string>& listed) -> Result<void> {
        listed.assign(names.begin(), names.end());
        return {};
    };
    return change(replace, brought);
}

Result<void> ServiceControl::change(const Edit& edit, std::span<const OfferedPlugin> brought) {
    const BlockingScope blocking;
    const std::lock_guard operation{operation_};
    std::vector<std::string> listed = listed_;
    if (auto edited = edit(listed); !edited) return edited;
    std::vector<OfferedPlugin> offers(brought.begin(), brought.end());
    if (host_ && host_->offers) std::ranges::move(host_->offers(), std::back_inserter(offers));
    auto made = plan(std::move(listed), std::move(offers));
    if (!made) return std::move(made).error();
    const RunningStatus status = core_.running_status();
    if (status == RunningStatus::running || status == RunningStatus::paused) {
        const Units bottom_up(made->added.rbegin(), made->added.rend());
        if (auto started = start_units(bottom_up); !started) return started;
    }
    switch_to(*std::move(made));
    return {};
}

Result<ServiceControl::Plan> ServiceControl::plan(std::vector<std::string> listed, std::vector<OfferedPlugin> offers) {
    // A plugin that is there stays; one that left comes back as a new object.
    std::vector<const PluginInfo*> candidates;
    const auto below_service = [](const Units& units) { return std::span{units}.subspan(1); };
    for (const auto& unit : below_service(units_)) candidates.push_back(unit->type->info);
    for (const auto& offer : offers) candidates.push_back(offer.type->info);
    for (const auto& unit : below_service(own_)) candidates.push_back(unit->type->info);
    for (std::string& name : listed) {
        const auto same = [&](const PluginInfo* each) { return has_name(each->name, name); };
        if (const auto known = std::ranges::find_if(candidates, same); known != candidates.end()) name = (*known)->name;
    }
    const std::vector<std::string_view> names(listed.begin(), listed.end());
    auto resolved = resolve_plugins(names, listing_.groups, candidates);
    if (!resolved) return std::move(resolved).error();
    Plan made;
    made.units.push_back(units_.front());
    for (const PluginInfo* info : *resolved) {
        const auto by_name = [&](const auto& unit) { return unit->name() == info->name; };
        if (const auto here = std::ranges::find_if(units_, by_name); here != units_.end()) {
            made.units.push_back(*here);
            continue;
        }
        const auto offer = std::ranges::find(offers, info, [](const auto& each) { return each.type->info; });
        const auto own = std::ranges::find_if(own_, by_name);
        const PluginType* type = offer != offers.end() ? offer->type : (*own)->type;
        if (!type->make)
            return Status{"not_allowed"}.set_info("plugin " + std::string{info->name} + " has no default constructor");
        auto unit = std::make_shared<Unit>(*type, offer != offers.end() ? offer->code : nullptr, type->make());
        made.added.push_back(unit);
        made.units.push_back(std::move(unit));
    }
    made.listed = std::move(listed);
    if (made.units != own_) {
        auto chain = join(made.units);
        if (!chain) return std::move(chain).error();
        made.chain = *std::move(chain);
    }
    return made;
}

Result<std::unique_ptr<const ChangedChain>> ServiceControl::join(const Units& units) const {
    std::vector<LiveChain::Member> members;
    std::vector<ExportedCallback> exports;
    for (const auto& unit : units) {
        members.push_back({unit->type->info, unit->object.get()});
        exports.insert(exports.end(), unit->type->exports.begin(), unit->type->exports.end());
    }
    auto chain = LiveChain::make(members, known_);
    if (!chain) return std::move(chain).error();
    std::ranges::sort(exports, {}, &name_of_export);
    return std::unique_ptr<const ChangedChain>{new ChangedChain{*std::move(chain), std::move(exports)}};
}

void ServiceControl::switch_to(Plan plan) {
    std::shared_ptr<const ServiceHost> host;
    {
        const std::lock_guard lock{mutex_};
        Retired retired{std::exchange(chain_, std::move(plan.chain)), {}};
        live_.store(chain_.get(), std::memory_order_release);
        core_.set_present((chain_ ? chain_ : compiled_)->chain);
        core_.set_changed(chain_ != nullptr);
        std::ranges::copy_if(units_, std::back_inserter(retired.units),
                             [&](const auto& unit) { return std::ranges::find(plan.units, unit) == plan.units.end(); });
        units_ = std::move(plan.units);
        listed_ = std::move(plan.listed);
        host = host_;
        if (retired.chain || !retired.units.empty()) {
            retired_.push_back(std::move(retired));
            if (!background_.joinable()) background_ = start_thread("malla-service", [this] { work_in_background(); });
            background_changed_.notify_all();
        }
    }
    if (host && host->changed) host->changed();
}

// ---- what goes on in the background

void ServiceControl::work_in_background() {
    std::unique_lock lock{mutex_};
    while (true) {
        const auto due = [this] { return ending_ || !retired_.empty() || (retry_at_ && *retry_at_ <= Clock::now()); };
        if (retry_at_) background_changed_.wait_until(lock, *retry_at_, due);
        else background_changed_.wait(lock, [&] { return due() || retry_at_; });
        if (!retired_.empty()) {
            Retired& retired = retired_.front(); // stays there until it is done with
            lock.unlock();
            reclaim(std::move(retired));
            lock.lock();
            retired_.pop_front();
            background_changed_.notify_all();
        } else if (ending_) {
            return;
        } else if (retry_at_ && *retry_at_ <= Clock::now()) {
            retry_at_ = Clock::now() + limits_.retry; // again, when another operation is under way
            lock.unlock();
            try_again();
            lock.lock();
        }
    }
}

void ServiceControl::try_again() {
    const std::unique_lock operation{operation_, std::try_to_lock};
    if (!operation) return;
    {
        const std::lock_guard lock{mutex_};
        retry_at_.reset();
    }
    if (core_.running_status() == RunningStatus::failed && admin_status() == AdminStatus::active)
        (void)start_all(); // the reason is kept, and it is tried again
}

void ServiceControl::reclaim(Retired retired) {
    while (!wait_for_leavers(Deadline::in(limits_.hook)))
        log(LogLevel::notice, "a call in " + std::string{core_.name()} +
                                  " still runs on a chain that was replaced: what left the chain is kept for it");
    stop_units(retired.units, background_hooks_);
}

bool ServiceControl::wait_for_leavers(Deadline deadline) {
    // Whoever enters a serial service with a root of its own comes after all that were inside.
    static std::atomic<std::uint64_t> visits = 0;
    static const NodeId visitor = NodeId::random();
    if (!core_.concurrent()) {
        if (core_.gate().enter_waiting(RequestId{visitor, ++visits}, deadline) != Gate::Entry::entered) return false;
        core_.gate().leave();
    }
    const std::unique_lock one{leavers_, deadline.at()};
    return one && core_.pins().wait_for_leavers(deadline);
}

// ---- views

std::vector<PluginState> ServiceControl::plugins() const {
    const std::lock_guard lock{mutex_};
    std::vector<PluginState> states;
    for (const auto& unit : units_)
        states.push_back(
            {std::string{unit->name()}, states.empty() || std::ranges::find(listed_, unit->name()) != listed_.end()});
    states.push_back({std::string{type_name<Base>()}, false});
    return states;
}

std::vector<ExplainedLink> ServiceControl::explain(std::string_view callback) const {
    const std::lock_guard lock{mutex_};
    std::vector<ExplainedLink> links;
    for (const auto& unit : units_)
        for (const LinkInfo& link : unit->type->info->links)
            if (link.callback.name == callback) links.push_back({std::string{unit->name()}, link.part});
    return links;
}

std::vector<ExportedDescription> ServiceControl::exports() const {
    std::vector<ExportedDescription> all;
    const std::lock_guard lock{mutex_};
    for (const auto& unit : units_)
        for (const auto& each : unit->type->exports)
            all.push_back({std::string{each.callback.name}, each.description(), each.idempotent});
    return all;
}

bool ServiceControl::exports(std::string_view callback) const {
    const std::lock_guard lock{mutex_};
    return chain_ && std::ranges::binary_search(chain_->exports, callback, {}, &name_of_export);
}

Result<void> ServiceControl::run_exported(std::string_view callback, bool json, std::string_view body, Gate* gate,
                                          const CallInfo& info, std::string& out) {
    const Frame frame{core_, gate, &info};
    std::optional<Pins::Pin> pin;
    if (core_.concurrent()) pin.emplace(core_.pins());
    const Status unknown{"request_op_unknown", callback};
    const ChangedChain* changed = changed_chain();
    if (!changed) return unknown;
    const auto found = std::ranges::lower_bound(changed->exports, callback, {}, &name_of_export);
    if (found == changed->exports.end() || name_of_export(*found) != callback) return unknown;
    try {
        return found->run(changed->chain.find(found->callback.id), json, body, out);
    } catch (...) {
        return status_of_exception(core_.name());
    }
}

std::optional<Status> ServiceControl::last_error() const {
    const std::lock_guard lock{mutex_};
    return last_error_;
}

std::vector<std::string> ServiceControl::abandoned() const {
    const std::lock_guard lock{mutex_};
    return abandoned_;
}

} // namespace malla
