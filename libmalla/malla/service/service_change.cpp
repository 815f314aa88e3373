// SPDX-License-Identifier: Apache-2.0
// How a service gets another chain or another configuration: prepared on the side, switched at once.
#include "malla/base/log.hpp"
#include "malla/service/service_parts.hpp"

#include <algorithm>
#include <ranges>

namespace malla {

namespace {

bool has_name(std::string_view full, std::string_view asked) { return full == asked || last_part(full) == asked; }

/// All of `units` but the service, which is the first.
template <class Units>
void add_plugins(std::vector<const PluginInfo*>& all, const Units& units) {
    for (const auto& unit : units | std::views::drop(1)) all.push_back(unit->type->info);
}

} // namespace

Result<void> ServiceControl::add_plugin(std::string_view name, std::span<const OfferedPlugin> brought,
                                        const Json& config) {
    const Edit put_first = [name](std::vector<std::string>& listed) -> Result<void> {
        const auto same = [&](const std::string& each) { return has_name(each, name); };
        if (std::ranges::none_of(listed, same)) listed.insert(listed.begin(), std::string{name});
        return {};
    };
    return change(put_first, config, brought);
}

Result<void> ServiceControl::remove_plugin(std::string_view name) {
    const Edit take_out = [this, name](std::vector<std::string>& listed) -> Result<void> {
        const auto removed = std::erase_if(listed, [&](const std::string& each) { return has_name(each, name); });
        const auto known = std::ranges::find_if(units_, [&](const auto& unit) { return has_name(unit->name(), name); });
        if (removed > 0) return {};
        if (known == units_.begin() || has_name("malla::Base", name))
            return Status{"conflict"}.set_info(std::string{name}
                                                   .append(" is in every chain of ")
                                                   .append(core_.name())
                                                   .append(", and cannot be removed"));
        if (known == units_.end())
            return Status{"not_found"}.set_info("no plugin '" + std::string{name} + "' is in the chain of " +
                                                std::string{core_.name()});
        return Status{"conflict"}.set_info("other plugins depend on '" + std::string{name} + "': remove them instead");
    };
    return change(take_out, Json::object(), {});
}

Result<void> ServiceControl::set_plugins(std::span<const std::string> names, std::span<const OfferedPlugin> brought) {
    const Edit replace = [names](std::vector<std::string>& listed) -> Result<void> {
        listed.assign(names.begin(), names.end());
        return {};
    };
    return change(replace, Json::object(), brought);
}

Result<void> ServiceControl::change(const Edit& edit, const Json& update, std::span<const OfferedPlugin> brought) {
    const BlockingScope blocking;
    const Operation operation{*this};
    auto made = plan(edit, brought);
    if (!made) return std::move(made).error();
    if (auto merged = made->layers.update(update); !merged) return merged;
    trace_ = std::make_shared<Trace>(core_);
    auto prepared = prepare(*made);
    if (!prepared) {
        tell_back(made->told, *config_, *made->config);
        trace_->undo();
    }
    trace_.reset();
    if (!prepared) return prepared;
    switch_to(*std::move(made));
    return {};
}

/// Which plugins there are to be, with new objects for those that are not here.
Result<ServiceControl::Plan> ServiceControl::plan(const Edit& edit, std::span<const OfferedPlugin> brought) {
    Plan made;
    made.listed = listed_;
    made.layers = layers_;
    made.config = config_;
    if (auto edited = edit(made.listed); !edited) return std::move(edited).error();
    std::vector<OfferedPlugin> offers(brought.begin(), brought.end());
    if (host_ && host_->offers) std::ranges::move(host_->offers(), std::back_inserter(offers));

    // A plugin that is there stays; one that left comes back as a new object.
    std::vector<const PluginInfo*> candidates;
    add_plugins(candidates, units_);
    for (const auto& offer : offers) candidates.push_back(offer.type->info);
    add_plugins(candidates, own_);
    for (std::string& name : made.listed) {
        const auto same = [&](const PluginInfo* each) { return has_name(each->name, name); };
        if (const auto known = std::ranges::find_if(candidates, same); known != candidates.end()) name = (*known)->name;
    }
    const std::vector<std::string_view> names(made.listed.begin(), made.listed.end());
    auto resolved = resolve_plugins(names, listing_.groups, candidates);
    if (!resolved) return std::move(resolved).error();
    made.units.push_back(units_.front());
    for (const PluginInfo* info : *resolved) {
        const auto by_name = [&](const auto& unit) { return unit->name() == info->name; };
        if (const auto here = std::ranges::find_if(units_, by_name); here != units_.end()) {
            made.units.push_back(*here);
            continue;
        }
        auto unit = make_unit(*info, offers);
        if (!unit) return std::move(unit).error();
        made.units.push_back(*unit);
        made.added.push_back(*std::move(unit));
    }
    if (auto joined = join(made); !joined) return std::move(joined).error();
    return made;
}

/// A new object of a plugin that is offered or was compiled in.
Result<std::shared_ptr<ServiceControl::Unit>> ServiceControl::make_unit(const PluginInfo& info,
                                                                        std::span<const OfferedPlugin> offers) {
    const auto offer = std::ranges::find(offers, &info, [](const auto& each) { return each.type->info; });
    const auto own = std::ranges::find_if(own_, [&](const auto& unit) { return unit->name() == info.name; });
    const PluginType* type = offer != offers.end() ? offer->type : (*own)->type;
    if (!type->make)
        return Status{"not_allowed"}.set_info("plugin " + std::string{info.name} + " has no default constructor");
    return make_unit(*type, offer != offers.end() ? offer->code : nullptr);
}

Result<void> ServiceControl::join(Plan& plan) const {
    plan.chain.reset();
    if (plan.units == own_ && observers_.empty()) return {};
    auto chain = join(plan.units);
    if (!chain) return std::move(chain).error();
    plan.chain = *std::move(chain);
    return {};
}

Result<std::unique_ptr<const ChangedChain>> ServiceControl::join(const Units& units) const {
    std::vector<LiveChain::Member> members;
    std::vector<ExportedCallback> exports;
    std::vector<LinkTimes*> times;
    for (const auto& observer : observers_) {
        if (const auto member = observer->member()) members.push_back(*member);
        if (LinkTimes* measuring = observer->times()) times.push_back(measuring);
    }
    for (const auto& unit : units) {
        members.push_back({unit->type->info, unit->object.get()});
        exports.insert(exports.end(), unit->type->exports.begin(), unit->type->exports.end());
    }
    auto chain = LiveChain::make(members, known_, times);
    if (!chain) return std::move(chain).error();
    std::ranges::sort(exports, {}, &ExportedCallback::name);
    return std::unique_ptr<const ChangedChain>{new ChangedChain{*std::move(chain), std::move(exports), observers_}};
}

Result<void> ServiceControl::observe(const std::shared_ptr<ChainObserver>& observer) {
    const BlockingScope blocking;
    const Operation operation{*this};
    {
        const std::lock_guard lock{mutex_};
        observers_.push_back(observer);
    }
    auto joined = rejoin();
    if (joined) return joined;
    const std::lock_guard lock{mutex_};
    std::erase(observers_, observer);
    return joined;
}

void ServiceControl::unobserve(const std::shared_ptr<ChainObserver>& observer) noexcept {
    const BlockingScope blocking;
    const Operation operation{*this};
    {
        const std::lock_guard lock{mutex_};
        if (std::erase(observers_, observer) == 0) return;
    }
    (void)rejoin(); // it is the chain from before, and that could be joined
}

/// The same plugins, and those who observe them now.
Result<void> ServiceControl::rejoin() {
    Plan plan;
    plan.listed = listed_;
    plan.units = units_;
    plan.layers = layers_;
    plan.config = config_;
    if (auto joined = join(plan); !joined) return joined;
    switch_to(std::move(plan));
    return {};
}

/// Everything but the switch: what fails here has changed nothing, once those told have been told back.
Result<void> ServiceControl::prepare(Plan& plan) {
    auto config = configure(plan.units, plan.layers);
    if (!config) return std::move(config).error();
    const auto before = config_;
    const bool differs = *config != *before;
    plan.config = std::make_shared<const Json>(*std::move(config));
    const Units present = plan.units;
    for (const auto& unit : present | std::views::reverse) {
        if (!differs || !unit->started) continue;
        const auto updated = tell(unit, *before, *plan.config);
        if (!updated) return updated.error();
        plan.told.push_back(unit);
        if (*updated != Updated::restart) continue;
        if (auto replaced = replace(plan, unit); !replaced) return replaced;
    }
    if (std::ranges::none_of(units_, &Unit::started)) return {}; // those of a service at rest start when it does
    return start_units({plan.added.rbegin(), plan.added.rend()}, plan.config);
}

/// Puts a new object in the place of one that wants to be started anew.
Result<void> ServiceControl::replace(Plan& plan, const std::shared_ptr<Unit>& unit) {
    if (unit == own_.front() || !unit->type->make)
        return Status{"not_allowed"}.set_info(
            std::string{last_part(unit->name())} +
            " cannot be started anew while the service runs: let its `updated` apply the change, or stop and resume");
    const auto fresh = make_unit(*unit->type, unit->code);
    if (!fresh) return fresh.error();
    std::ranges::replace(plan.units, unit, *fresh);
    plan.added.clear();
    for (const auto& each : plan.units)
        if (std::ranges::find(units_, each) == units_.end()) plan.added.push_back(each);
    return join(plan);
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
        if (!retired.units.empty()) departures_.fetch_add(1, std::memory_order_release);
        units_ = std::move(plan.units);
        listed_ = std::move(plan.listed);
        layers_ = std::move(plan.layers);
        config_ = std::move(plan.config);
        host = host_;
        if (retired.chain || !retired.units.empty()) {
            retired_.push_back(std::move(retired));
            want_background_locked();
        }
    }
    if (host && host->changed) host->changed();
}

} // namespace malla
