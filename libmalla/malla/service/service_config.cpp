// SPDX-License-Identifier: Apache-2.0
// How the configuration of a service comes about, and how its plugins hear of a change.
#include "malla/base/json_merge.hpp"
#include "malla/base/log.hpp"
#include "malla/service/service_parts.hpp"

#include <algorithm>
#include <ranges>
#include <string>

namespace malla {

namespace {

/// `layer` without the members that `claimed` has.
Json without(const Json& layer, const Json& claimed) {
    Json rest = Json::object();
    for (std::size_t i = 0; i < layer.size(); ++i)
        if (const auto [name, value] = layer.member(i); !claimed.find(name)) rest.set(name, value);
    return rest;
}

Status no_object(std::string_view plugin, std::string_view hook) {
    return Status{"parameter_invalid"}.set_info(std::string{last_part(plugin)}.append(".").append(hook) +
                                                " gave something else than an object");
}

} // namespace

/// Sets the layer of defaults, merges all, and lets the plugins check and change the result.
Result<Json> ServiceControl::configure(const Units& units, ConfigLayers& layers) {
    Json defaults = Json::object();
    for (const auto& unit : units | std::views::reverse) {
        const auto given = std::make_shared<Json>(Json::object());
        if (!unit->type->hooks.default_config) continue;
        const auto ran = run_hook(
            unit, "default_config",
            [unit, given]() -> Result<void> {
                *given = unit->type->hooks.default_config();
                return {};
            },
            nullptr, hooks_);
        if (!ran) return ran.error();
        if (!given->is_object()) return no_object(unit->name(), "default_config");
        defaults = merge_patch(defaults, *given);
    }
    (void)layers.set(ConfigLayer::defaults, std::move(defaults)); // an object
    auto merged = merge(units, layers);
    if (!merged) return merged;
    Json config = *std::move(merged);
    for (const auto& unit : units) {
        if (!unit->type->hooks.config) continue;
        const auto shared = std::make_shared<Json>(std::move(config));
        const auto checked = run_exclusive_hook(
            unit, "config", [unit, shared] { return unit->type->hooks.config(unit->object.get(), *shared); });
        if (!checked) return checked.error();
        config = std::move(*shared);
        if (!config.is_object()) return no_object(unit->name(), "config");
    }
    return config;
}

/// An update adds to those before it for a plugin that merges by itself, so such a plugin sees each of them.
Result<Json> ServiceControl::merge(const Units& units, ConfigLayers& layers) {
    if (std::ranges::none_of(units, [](const auto& unit) { return unit->type->hooks.config_merge != nullptr; }))
        layers.join_updates();
    std::vector<const Json*> all;
    all.reserve(ConfigLayers::count + layers.updates().size());
    for (std::size_t i = 0; i < static_cast<std::size_t>(ConfigLayer::update); ++i)
        all.push_back(&layers.at(static_cast<ConfigLayer>(i)));
    for (const Json& update : layers.updates()) all.push_back(&update);
    Json config = Json::object();
    for (const Json* layer : all) {
        auto merged = merge_layer(units, std::move(config), *layer);
        if (!merged) return merged;
        config = *std::move(merged);
    }
    return config;
}

// What a plugin merges by itself is left alone.
Result<Json> ServiceControl::merge_layer(const Units& units, Json config, const Json& layer) {
    if (layer.size() == 0) return config;
    Json claimed = Json::object();
    for (const auto& unit : units) {
        if (!unit->type->hooks.config_merge) continue;
        const auto merged = std::make_shared<Json>();
        const auto ran = run_exclusive_hook(unit, "config_merge", [unit, merged, config, layer]() -> Result<void> {
            auto members = unit->type->hooks.config_merge(unit->object.get(), config, layer);
            if (!members) return std::move(members).error();
            *merged = *std::move(members);
            return {};
        });
        if (!ran) return ran.error();
        for (std::size_t i = 0; i < merged->size() && merged->is_object(); ++i)
            if (const auto [name, value] = merged->member(i); !claimed.find(name)) claimed.set(name, value);
    }
    config = merge_patch(config, without(layer, claimed));
    for (std::size_t i = 0; i < claimed.size(); ++i) config.set(claimed.member(i).first, claimed.member(i).second);
    return config;
}

Result<Updated> ServiceControl::tell(const std::shared_ptr<Unit>& unit, const Json& before, const Json& now) {
    if (!unit->type->hooks.updated) return Updated::applied;
    const auto said = std::make_shared<Updated>(Updated::applied);
    const auto told = run_exclusive_hook(unit, "updated", [unit, said, before, now]() -> Result<void> {
        auto updated = unit->type->hooks.updated(unit->object.get(), before, now);
        if (!updated) return std::move(updated).error();
        *said = *updated;
        return {};
    });
    if (!told) return told.error();
    return *said;
}

/// The change did not come about: whoever was told of it is told the opposite.
void ServiceControl::tell_back(const Units& told, const Json& before, const Json& now) {
    for (const auto& unit : told | std::views::reverse)
        if (const auto back = tell(unit, now, before); !back)
            log(LogLevel::error, "plugin " + std::string{unit->name()} +
                                     " could not go back to its configuration: " + back.error().text());
}

Result<void> ServiceControl::reconfigure(const Json& update, std::optional<std::vector<std::string>> plugins) {
    const Edit replace = [&plugins](std::vector<std::string>& listed) -> Result<void> {
        if (plugins) listed = *plugins;
        return {};
    };
    return change(replace, update, {});
}

std::shared_ptr<const Json> ServiceControl::config() const {
    const std::lock_guard lock{mutex_};
    return config_;
}

std::vector<ConfigValue> ServiceControl::config_values() const {
    const std::lock_guard lock{mutex_};
    return layers_.values_of(*config_);
}

} // namespace malla
