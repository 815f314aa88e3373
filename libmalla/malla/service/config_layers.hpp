// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace malla {

/// Where a value of a service's configuration came from; of two, the later one counts.
enum class ConfigLayer : std::uint8_t {
    defaults,     ///< what the types of the service and its plugins say
    file,         ///< the configuration file
    environment,  ///< MALLA_CONFIG
    command_line, ///< --set
    start,        ///< given where the service was started
    update,       ///< given while it ran
    plugin,       ///< what a plugin's `config` or `config_merge` hook made of it
};

[[nodiscard]] std::string_view name_of(ConfigLayer layer) noexcept;

/// One value of a configuration: anything but an object that has members.
struct ConfigValue {
    std::string path; ///< members' names with dots between them
    Json value;
    ConfigLayer layer;
};

/// The layers of a configuration, kept apart. Each is an object; what holds is all of them merged in
/// their order, so that null in one takes out what those before it have.
class ConfigLayers {
public:
    static constexpr std::size_t count = 6; ///< all but `plugin`, which is nobody's to set

    /// Replaces one. `parameter_invalid` when it is no object.
    Result<void> set(ConfigLayer layer, Json values);
    /// Merges an update into the layer of updates.
    Result<void> update(const Json& patch);
    /// What the layer of updates was merged from, in this order.
    [[nodiscard]] const std::vector<Json>& updates() const noexcept { return updates_; }
    /// Forgets them but for what they come to: nobody merges them one by one.
    void join_updates();

    [[nodiscard]] const Json& at(ConfigLayer layer) const noexcept { return layers_[static_cast<std::size_t>(layer)]; }
    /// The layers of one member, where they have it as an object.
    [[nodiscard]] ConfigLayers part(std::string_view member) const;
    /// All merged.
    [[nodiscard]] Json merged() const { return merged_below(count); }
    /// The values of `config`, which is what became of these layers, in its order.
    [[nodiscard]] std::vector<ConfigValue> values_of(const Json& config) const;

private:
    [[nodiscard]] Json merged_below(std::size_t end) const;

    std::array<Json, count> layers_{Json::object(), Json::object(), Json::object(),
                                    Json::object(), Json::object(), Json::object()};
    std::vector<Json> updates_;
};

/// The value at a path with dots, or null.
[[nodiscard]] const Json* find_path(const Json& config, std::string_view path);
/// An object that has nothing but `value` at that path. `parameter_invalid` for a path with an empty part.
[[nodiscard]] Result<Json> at_path(std::string_view path, Json value);

} // namespace malla
