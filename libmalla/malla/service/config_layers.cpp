// SPDX-License-Identifier: Apache-2.0
#include "malla/service/config_layers.hpp"

#include "malla/base/json_merge.hpp"

#include <span>
#include <utility>

namespace malla {

namespace {

Status no_object(std::string_view what) {
    return Status{"parameter_invalid", what}.set_info("The " + std::string{what} + " is no object of named values");
}

bool is_leaf(const Json& value) { return !value.is_object() || value.size() == 0; }

ConfigLayer layer_of(std::span<const Json> layers, const std::string& path, const Json& value) {
    for (std::size_t i = layers.size(); i-- > 0;) {
        const Json* given = find_path(layers[i], path);
        if (!given) continue;
        return *given == value ? static_cast<ConfigLayer>(i) : ConfigLayer::plugin;
    }
    return ConfigLayer::plugin;
}

void collect(std::span<const Json> layers, const Json& config, const std::string& prefix,
             std::vector<ConfigValue>& into) {
    for (std::size_t i = 0; i < config.size(); ++i) {
        const auto [name, value] = config.member(i);
        const std::string path = prefix.empty() ? std::string{name} : prefix + '.' + std::string{name};
        if (is_leaf(value)) into.push_back({path, value, layer_of(layers, path, value)});
        else collect(layers, value, path, into);
    }
}

} // namespace

std::string_view name_of(ConfigLayer layer) noexcept {
    switch (layer) {
    case ConfigLayer::defaults: return "defaults";
    case ConfigLayer::file: return "file";
    case ConfigLayer::environment: return "environment";
    case ConfigLayer::command_line: return "command_line";
    case ConfigLayer::start: return "start";
    case ConfigLayer::update: return "update";
    case ConfigLayer::plugin: return "plugin";
    }
    return "plugin";
}

Result<void> ConfigLayers::set(ConfigLayer layer, Json values) {
    if (!values.is_object()) return no_object("configuration");
    layers_[static_cast<std::size_t>(layer)] = std::move(values);
    if (layer == ConfigLayer::update) join_updates();
    return {};
}

Result<void> ConfigLayers::update(const Json& patch) {
    if (!patch.is_object()) return no_object("update");
    Json& updates = layers_[static_cast<std::size_t>(ConfigLayer::update)];
    updates = combine_patches(merged_below(static_cast<std::size_t>(ConfigLayer::update)), updates, patch);
    updates_.push_back(patch);
    return {};
}

void ConfigLayers::join_updates() { updates_.assign(1, at(ConfigLayer::update)); }

ConfigLayers ConfigLayers::part(std::string_view member) const {
    ConfigLayers parts;
    for (std::size_t i = 0; i < count; ++i)
        if (const Json* found = layers_[i].find(member); found && found->is_object()) parts.layers_[i] = *found;
    return parts;
}

Json ConfigLayers::merged_below(std::size_t end) const {
    Json merged = Json::object();
    for (std::size_t i = 0; i < end; ++i) merged = merge_patch(merged, layers_[i]);
    return merged;
}

std::vector<ConfigValue> ConfigLayers::values_of(const Json& config) const {
    std::vector<ConfigValue> values;
    collect(layers_, config, {}, values);
    return values;
}

const Json* find_path(const Json& config, std::string_view path) {
    const Json* at = &config;
    while (at) {
        const auto dot = path.find('.');
        at = at->find(path.substr(0, dot));
        if (dot == std::string_view::npos) return at;
        path.remove_prefix(dot + 1);
    }
    return nullptr;
}

Result<Json> at_path(std::string_view path, Json value) {
    while (true) {
        const auto dot = path.rfind('.');
        const auto name = dot == std::string_view::npos ? path : path.substr(dot + 1);
        if (name.empty()) return Status{"parameter_invalid", "path"}.set_info("a part of the path is empty");
        value = Json::object({{name, std::move(value)}});
        if (dot == std::string_view::npos) return value;
        path = path.substr(0, dot);
    }
}

} // namespace malla
