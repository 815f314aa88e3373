// SPDX-License-Identifier: Apache-2.0
// What can be seen of a service, and the callbacks that plugins brought.
#include "malla/service/service_parts.hpp"

#include "malla/base/fingerprint.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace malla {

std::vector<PluginState> ServiceControl::plugins() const {
    const std::lock_guard lock{mutex_};
    std::vector<PluginState> states;
    for (const auto& observer : observers_)
        if (const auto member = observer->member()) states.push_back({std::string{member->info->name}, false});
    std::ranges::move(plugins_locked(), std::back_inserter(states));
    return states;
}

std::vector<PluginState> ServiceControl::plugins_locked() const {
    std::vector<PluginState> states;
    for (const auto& unit : units_)
        states.push_back(
            {std::string{unit->name()}, states.empty() || std::ranges::find(listed_, unit->name()) != listed_.end()});
    states.push_back({std::string{type_name<Base>()}, false});
    return states;
}

std::shared_ptr<const void> ServiceControl::present_plugins() const {
    const std::lock_guard lock{mutex_};
    return std::make_shared<const Units>(units_);
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
    return chain_ && std::ranges::binary_search(chain_->exports, callback, {}, &ExportedCallback::name);
}

Result<void> ServiceControl::run_exported(std::string_view callback, bool json, std::string_view body, Gate* gate,
                                          const CallInfo& info, std::string& out) {
    const Frame frame{core_, gate, &info};
    std::optional<Pins::Pin> pin;
    if (core_.concurrent()) pin.emplace(core_.pins());
    const Status unknown{"request_op_unknown", callback};
    const ChangedChain* changed = changed_chain();
    if (!changed) return unknown;
    const auto found = std::ranges::lower_bound(changed->exports, callback, {}, &ExportedCallback::name);
    if (found == changed->exports.end() || found->name() != callback) return unknown;
    try {
        return found->run(changed->chain.find(found->callback.id), json, body, out);
    } catch (...) {
        return status_of_exception(core_);
    }
}

ServiceState ServiceControl::state() const {
    const std::lock_guard lock{mutex_};
    return state_locked();
}

ServiceState ServiceControl::state_locked() const {
    return {core_.running_status(), admin_status(), reason_, status_at_, last_error_, last_error_at_, abandoned_};
}

ServiceInfo ServiceControl::info() const {
    const std::lock_guard lock{mutex_};
    std::set<std::string> callbacks;
    for (const auto& unit : units_)
        for (const LinkInfo& link : unit->type->info->links) callbacks.emplace(link.callback.name);
    return {std::string{core_.name()}, core_.version(), core_.concurrent(), options_, state_locked(), plugins_locked(),
            std::move(callbacks),      config_,         hash_locked()};
}

std::uint64_t ServiceControl::hash_locked() const {
    std::string content = std::string{core_.name()} + ' ' + core_.version().text();
    for (const auto& plugin : plugins_locked()) content += (plugin.listed ? " +" : " ") + plugin.name;
    (void)config_->dump_to(content += ' '); // as much of it as text can hold
    return fingerprint(content);
}

std::vector<PluginChild> ServiceControl::children() const {
    const std::lock_guard lock{mutex_};
    std::vector<PluginChild> all;
    for (const auto& unit : units_)
        if (unit->children)
            for (auto& child : unit->children->children()) all.push_back({std::string{unit->name()}, std::move(child)});
    return all;
}

} // namespace malla
