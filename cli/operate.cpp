// SPDX-License-Identifier: Apache-2.0
// plugins, explain and the lifecycle: what is done with services that run.
#include "cli/arguments.hpp"
#include "cli/config_file.hpp"
#include "cli/console.hpp"
#include "cli/explain_time.hpp"
#include "cli/operated.hpp"
#include "cli/output.hpp"
#include "cli/run.hpp"
#include "cli/table.hpp"
#include "cli/usage.hpp"
#include "malla/base/json_merge.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/options.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include <unistd.h>

namespace malla::cli {

namespace {

/// A path means the same to the node, which has another working directory.
std::vector<std::string> as_the_node_sees_them(std::vector<std::string> plugins) {
    for (std::string& plugin : plugins)
        if (plugin.find('/') != std::string::npos || plugin.ends_with(".so"))
            plugin = std::filesystem::absolute(plugin).lexically_normal().string();
    return plugins;
}

int list_plugins(const Operated& operated, const Common& common) {
    Listing listing{{{"PLUGIN", "name"}, {"LISTED", "listed"}, {"NODE", "node"}}};
    const int code = with_each(operated, common, [&](const InstanceView& instance) -> Result<void> {
        auto plugins = operated.ask<admin::GetPlugins>(instance, instance.service);
        if (!plugins) return std::move(plugins).error();
        for (const auto& plugin : *plugins)
            listing.add(Json::object({{"name", plugin.name},
                                      {"listed", plugin.listed},
                                      {"service", instance.service},
                                      {"node", instance.node_name}}));
        return {};
    });
    return print(listing, common, code);
}

int list_config(const Operated& operated, const Common& common) {
    Listing listing{{{"PATH", "path"},
                     {.heading = "VALUE", .member = "value", .may_be_cut = true},
                     {"LAYER", "layer"},
                     {"NODE", "node"}}};
    const int code = with_each(operated, common, [&](const InstanceView& instance) -> Result<void> {
        auto entries = operated.ask<admin::GetConfig>(instance, instance.service);
        if (!entries) return std::move(entries).error();
        for (auto& entry : *entries)
            listing.add(Json::object({{"path", entry.path},
                                      {"value", std::move(entry.value)},
                                      {"layer", entry.layer},
                                      {"node", instance.node_name}}));
        return {};
    });
    if (code == 0) listing.say_when_empty("nothing is configured");
    return print(listing, common, code);
}

/// What is at `path`, which may be an object of several values.
Result<Json> value_at(const std::vector<admin::ConfigEntry>& entries, const std::string& path) {
    Json found;
    bool any = false;
    for (const auto& entry : entries) {
        const bool below = entry.path.starts_with(path + '.');
        if (entry.path != path && !below) continue;
        any = true;
        if (!below) return entry.value;
        auto patch = at_path(entry.path.substr(path.size() + 1), entry.value);
        if (!patch) return patch;
        found = merge_patch(found, *patch);
    }
    if (!any) return Status{"not_found"}.set_info("nothing is configured at " + path);
    return found;
}

/// The bare value; of several instances, a line each.
int print_value(const Operated& operated, const std::string& path, const Common& common) {
    ResultStyle style;
    style.format = common.mesh.format;
    std::string text;
    const int code = with_each(operated, common, [&](const InstanceView& instance) -> Result<void> {
        auto entries = operated.ask<admin::GetConfig>(instance, instance.service);
        if (!entries) return std::move(entries).error();
        const auto value = value_at(*entries, path);
        if (!value) return value.error();
        const auto json = value->dump();
        if (!json) return json.error();
        auto line = result_text(*json, style);
        if (!line) return std::move(line).error();
        text += *line;
        return {};
    });
    const int printed = print(text);
    return std::max(code, printed);
}

/// What a `set` or `apply` merges into the configuration.
Result<Json> update_of(const ConfigCommand& command) {
    if (command.file) {
        auto file = read_config_file(*command.file);
        if (!file || !is_configuration(*file)) return file;
        const Json* part = file->find(command.service); // where it is for several services
        return part && part->is_object() ? Result<Json>{*part} : file;
    }
    Json update = Json::object();
    for (const std::string& setting : command.settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            return usage_error("'" + setting + "' sets nothing", "write PATH=VALUE, as in http.port=8080");
        auto value = json_or_text(std::string_view{setting}.substr(equals + 1));
        if (!value) return value;
        const auto patch = at_path(setting.substr(0, equals), *std::move(value));
        if (patch && !patch->dump())
            return usage_error("The path is not text in UTF-8", "write names in UTF-8 with dots between them");
        if (!patch)
            return usage_error("'" + setting.substr(0, equals) + "' is no path", "write names with dots between them");
        update = combine_patches(Json::object(), update, *patch);
    }
    return update;
}

Result<void> set_status(const Operated& operated, const InstanceView& instance, AdminStatus status) {
    return operated.ask<admin::SetStatus>(instance, instance.service, status, "operator");
}

Result<void> wait_until_drained(const Operated& operated, const InstanceView& instance) {
    while (true) {
        auto drained = operated.ask<admin::IsDrained>(instance, instance.service);
        if (drained && *drained) return {};
        if (operated.has_left(instance))
            return Status{"peer_lost", instance.node_name}.set_info(
                "It left before it said that nothing was left to do");
        if (operated.pause()) continue;
        if (!drained) return std::move(drained).error();
        return Status{"expired"}.set_info(instance.service + " still has work to do");
    }
}

/// All of them refuse calls before the first one is waited for.
int drain(const Operated& operated, bool wait, const Common& common) {
    std::set<NodeId> draining;
    const int code = with_each(operated, common, [&](const InstanceView& instance) {
        auto refusing = set_status(operated, instance, AdminStatus::drain);
        if (refusing) draining.insert(instance.node);
        return refusing;
    });
    if (!wait) return code;
    const int waited = with_each(operated, common, [&](const InstanceView& instance) -> Result<void> {
        return draining.contains(instance.node) ? wait_until_drained(operated, instance) : Result<void>{};
    });
    return std::max(code, waited);
}

Result<void> be_ready(const Operated& operated, const InstanceView& instance) {
    const auto ready = operated.ask<admin::IsReady>(instance, instance.service);
    if (!ready) return ready.error();
    if (*ready) return {};
    const auto state = operated.ask<admin::GetState>(instance, instance.service);
    if (!state) return state.error();
    return Status{"not_ready", instance.service}.set_info("Service '" + instance.service + "' is not ready: it is " +
                                                          state->status);
}

/// With `wait`, until those that are there by then are: instances come and go.
int ready(Operated& operated, bool wait, const Common& common) {
    const auto are_ready = [&] {
        operated.look_again();
        const auto& all = operated.instances();
        return !all.empty() &&
               std::ranges::all_of(all, [&](const auto& each) { return static_cast<bool>(be_ready(operated, each)); });
    };
    while (wait) {
        if (are_ready()) return 0;
        wait = operated.pause();
    }
    if (operated.instances().empty()) return fail(operated.nobody_there(), common);
    return with_each(operated, common, [&](const InstanceView& instance) { return be_ready(operated, instance); });
}

/// One that was active already may still have failed; it is tried again by itself.
Result<void> resume(const Operated& operated, const InstanceView& instance) {
    if (auto set = set_status(operated, instance, AdminStatus::active); !set) return set;
    const auto state = operated.ask<admin::GetState>(instance, instance.service);
    if (!state) return state.error();
    if (state->status != name_of(RunningStatus::failed)) return {};
    return Status{"not_ready", instance.service}.set_info(
        instance.service + " has failed and is tried again by itself: " + state->last_error);
}

} // namespace

int run(const PluginsCommand& command, const Common& common) {
    using Change = PluginsCommand::Change;
    const auto operated = Operated::find(command.service, command.on, common);
    if (!operated) return fail(operated.error(), common);
    if (command.change == Change::none) return list_plugins(*operated, common);
    const auto plugins = as_the_node_sees_them(command.plugins);
    return with_each(*operated, common, [&](const InstanceView& instance) -> Result<void> {
        if (command.change == Change::set) return operated->ask<admin::SetPlugins>(instance, command.service, plugins);
        if (command.change == Change::add)
            return operated->ask<admin::AddPlugin>(instance, command.service, plugins.front());
        return operated->ask<admin::RemovePlugin>(instance, command.service, command.plugins.front());
    });
}

int run(const ExplainCommand& command, const Common& common) {
    const auto operated = Operated::find(command.target.service, command.on, common);
    if (!operated) return fail(operated.error(), common);
    if (command.measure) return explain_time(command, common, *operated);
    Listing listing{{{"PLUGIN", "plugin"}, {"PART", "part"}, {"NODE", "node"}}};
    bool known = false; // to one of them: instances may differ
    const auto explain = [&](const InstanceView& instance) -> Result<void> {
        auto links = operated->ask<admin::Explain>(instance, command.target.service, command.target.callback);
        if (!links && links.error().id() == "request_op_unknown" &&
            (known || &instance != &operated->instances().back()))
            return {};
        if (!links) return std::move(links).error();
        known = true;
        for (const auto& link : *links)
            listing.add(
                Json::object({{"plugin", link.plugin}, {"part", name_of(link.part)}, {"node", instance.node_name}}));
        return {};
    };
    const int code = with_each(*operated, common, explain);
    if (code == 0) listing.say_when_empty("no plugin takes part: the service itself answers");
    return print(listing, common, code);
}

int run(const ConfigCommand& command, const Common& common) {
    using Action = ConfigCommand::Action;
    const auto update = command.action == Action::change ? update_of(command) : Result<Json>{Json{}};
    if (!update) return fail(update.error(), common);
    const auto operated = Operated::find(command.service, command.on, common);
    if (!operated) return fail(operated.error(), common);
    if (command.action == Action::show) return list_config(*operated, common);
    if (command.action == Action::get) return print_value(*operated, command.path, common);
    return with_each(*operated, common, [&](const InstanceView& instance) {
        return operated->ask<admin::Reconfigure>(instance, command.service, *update);
    });
}

int run(const LifecycleCommand& command, const Common& common) {
    using Wish = LifecycleCommand::Wish;
    const bool wants_it = command.wish == Wish::ready && command.wait;
    auto operated = Operated::find(command.service, command.on, common, wants_it);
    if (!operated) return fail(operated.error(), common);
    const auto set_each = [&](AdminStatus status) {
        return with_each(*operated, common,
                         [&](const InstanceView& instance) { return set_status(*operated, instance, status); });
    };
    switch (command.wish) {
    case Wish::pause: return set_each(AdminStatus::pause);
    case Wish::resume: return with_each(*operated, common, [&](const auto& each) { return resume(*operated, each); });
    case Wish::stop: return set_each(AdminStatus::inactive);
    case Wish::drain: return drain(*operated, command.wait, common);
    case Wish::ready: return ready(*operated, command.wait, common);
    }
    return 0;
}

} // namespace malla::cli
