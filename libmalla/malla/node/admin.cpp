// SPDX-License-Identifier: Apache-2.0
#include "malla/node/admin.hpp"

#include "malla/node/admin_parts.hpp"
#include "malla/node/module.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace malla {

namespace {

std::int64_t unix_ms(std::chrono::system_clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

/// The names of plugins, of which those from files are at hand.
struct Brought {
    std::vector<std::string> names;
    std::vector<OfferedPlugin> offers;
};

Result<Brought> bring(std::vector<std::string> plugins) {
    Brought brought;
    for (std::string& plugin : plugins) {
        if (plugin.find('/') == std::string::npos) {
            brought.names.push_back(std::move(plugin));
            continue;
        }
        auto module = Module::load(plugin, {Manifest::Kind::plugin});
        if (!module) return std::move(module).error();
        const PluginType* type = module->plugin();
        brought.names.emplace_back(type->info->name);
        brought.offers.push_back({type, std::make_shared<Module>(std::move(*module))});
    }
    return brought;
}

} // namespace

Result<std::vector<admin::Plugin>> Admin::on(admin::GetPlugins, std::string service) {
    const auto control = find<admin::GetPlugins>(*services_, service);
    if (!control) return control.error();
    std::vector<admin::Plugin> plugins;
    for (auto& plugin : (*control)->plugins()) plugins.push_back({std::move(plugin.name), plugin.listed});
    return plugins;
}

Result<void> Admin::on(admin::AddPlugin, std::string service, std::string plugin) {
    const auto control = find<admin::AddPlugin>(*services_, service);
    if (!control) return control.error();
    const auto brought = bring({std::move(plugin)});
    if (!brought) return brought.error();
    return (*control)->add_plugin(brought->names.front(), brought->offers);
}

Result<void> Admin::on(admin::RemovePlugin, std::string service, std::string plugin) {
    const auto control = find<admin::RemovePlugin>(*services_, service);
    if (!control) return control.error();
    return (*control)->remove_plugin(plugin);
}

Result<void> Admin::on(admin::SetPlugins, std::string service, std::vector<std::string> plugins) {
    const auto control = find<admin::SetPlugins>(*services_, service);
    if (!control) return control.error();
    const auto brought = bring(std::move(plugins));
    if (!brought) return brought.error();
    return (*control)->set_plugins(brought->names, brought->offers);
}

Result<std::vector<admin::Link>> Admin::on(admin::Explain, std::string service, std::string callback) {
    const auto control = find<admin::Explain>(*services_, service);
    if (!control) return control.error();
    std::vector<admin::Link> links;
    for (auto& link : (*control)->explain(callback)) links.push_back({std::move(link.plugin), link.part});
    const auto same = [&](const Hosted::Callback& each) { return each.name == callback; };
    if (links.empty() && std::ranges::none_of(control->hosted().callbacks(), same))
        return Status{"request_op_unknown", callback};
    return links;
}

Result<void> Admin::on(admin::SetStatus, std::string service, AdminStatus status, std::string reason) {
    const auto control = find<admin::SetStatus>(*services_, service);
    if (!control) return control.error();
    return (*control)->set_admin_status(status, reason);
}

Result<admin::State> Admin::on(admin::GetState, std::string service) {
    const auto control = find<admin::GetState>(*services_, service);
    if (!control) return control.error();
    ServiceState known = (*control)->state();
    admin::State state;
    state.status = name_of(known.status);
    state.admin_status = name_of(known.admin_status);
    state.reason = std::move(known.reason);
    state.status_at_ms = unix_ms(known.status_at);
    if (known.last_error) state.last_error = known.last_error->text();
    if (known.last_error_at) state.last_error_at_ms = unix_ms(*known.last_error_at);
    state.load = control->load();
    state.abandoned = std::move(known.abandoned);
    return state;
}

Result<admin::Stats> Admin::on(admin::GetStats, std::string service) {
    const auto control = find<admin::GetStats>(*services_, service);
    if (!control) return control.error();
    admin::Stats stats;
    stats.errors = control->served().errors(); // first: never more than the calls
    for (std::size_t i = 0; i < ServedCalls::buckets; ++i) {
        stats.took.push_back(control->served().took(i));
        stats.calls += stats.took.back();
    }
    stats.load = control->load();
    return stats;
}

Result<std::vector<admin::ConfigEntry>> Admin::on(admin::GetConfig, std::string service) {
    const auto control = find<admin::GetConfig>(*services_, service);
    if (!control) return control.error();
    std::vector<admin::ConfigEntry> entries;
    for (auto& each : (*control)->config_values())
        entries.push_back({std::move(each.path), std::move(each.value), std::string{name_of(each.layer)}});
    return entries;
}

Result<void> Admin::on(admin::Reconfigure, std::string service, Json update) {
    const auto control = find<admin::Reconfigure>(*services_, service);
    if (!control) return control.error();
    return (*control)->reconfigure(update);
}

Result<bool> Admin::on(admin::IsReady, std::string service) {
    const auto control = find<admin::IsReady>(*services_, service);
    if (!control) return control.error();
    return (*control)->ready();
}

Result<bool> Admin::on(admin::IsDrained, std::string service) {
    const auto control = find<admin::IsDrained>(*services_, service);
    if (!control) return control.error();
    return (*control)->drained();
}

} // namespace malla
