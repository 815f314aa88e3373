// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/result.hpp"
#include "malla/base/service_status.hpp"
#include "malla/chain/plugin_info.hpp"
#include "malla/service/children.hpp"
#include "malla/service/starting.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace malla {

/// What a plugin makes of a changed configuration.
enum class Updated : std::uint8_t {
    applied, ///< it goes on with it, or does not care
    restart, ///< it wants to be started anew: another object takes its place
};

/// What a plugin does besides taking part in callbacks: its hooks, each null when it has none.
///
/// A plugin has a hook by having a public member function of that name. Hooks of one service never run at
/// once, but for the `stop` of one that left. What a hook throws is its failure; one that takes longer than the
/// service's `ControlLimits::hook` has failed too, and is left behind: neither its object nor its code go. The
/// constructor of a plugin that joins a running service counts as a hook.
struct PluginHooks {
    /// `static Json default_config()`: the lowest layer of the service's configuration; those of the
    /// plugins above count more.
    Json (*default_config)();
    /// `Result<Json> config_merge(const Json& config, const Json& update)`: for each layer of the configuration
    /// that has something, and for each update, highest plugin first. Gives the members
    /// of `update` that the plugin merges by itself, as they are to be; the others are merged as
    /// `merge_patch` does it.
    Result<Json> (*config_merge)(void* plugin, const Json& config, const Json& update);
    /// `Result<void> config(Json&)` or `Result<void> config(const Json&)`: the service's whole
    /// configuration, to be checked or changed for the plugins below; highest first. Runs before
    /// each start and change, and must change nothing else: what comes after may fail.
    Result<void> (*config)(void* plugin, Json& config);
    /// `Result<void> start(const Starting&)`, or `Result<Children>`: once before the plugin takes part
    /// in any call, lowest plugin first. When it fails, so does the start or change, and what was
    /// started before is stopped.
    Result<Children> (*start)(void* plugin, const Starting& starting);
    /// `Result<Updated> updated(const Json& before, const Json& now)`: the configuration of a started
    /// service changes, lowest first. When a later plugin fails, it is called again the other way round.
    Result<Updated> (*updated)(void* plugin, const Json& before, const Json& now);
    /// `void stop()`: once when the last call has left it, before its children stop; highest plugin first.
    void (*stop)(void* plugin);
    /// `void status_changed(RunningStatus)`: after each change of the service's status, highest first.
    void (*status_changed)(void* plugin, RunningStatus status);
    /// `bool ready()`: whether the service can take calls as far as this plugin is concerned.
    bool (*ready)(void* plugin);
    /// `bool drain()`: whether nothing is left to be done before a stop; asked again until it is so.
    bool (*drain)(void* plugin);
};

/// A callback that a plugin brings with it, callable from outside as long as the plugin is there.
struct ExportedCallback {
    LiveCallback callback;
    bool idempotent;
    std::string (*description)(); ///< JSON: parameter names and the schemas of parameters and result
    /// Decodes the arguments in `body`, runs the chain from `first` on, appends the encoded result.
    Result<void> (*run)(const LiveLink* first, bool json, std::string_view body, std::string& out);

    [[nodiscard]] constexpr std::string_view name() const noexcept { return callback.name; }
};

/// A plugin's type while the program runs.
struct PluginType {
    const PluginInfo* info;
    PluginHooks hooks;
    std::span<const ExportedCallback> exports;
    /// Makes an object; null when the type has no default constructor.
    std::shared_ptr<void> (*make)();
};

namespace detail {

template <class P>
struct HooksOf {
    /// A hook may give nothing, a value, or a result of either.
    template <class Value, class Call>
    static Result<Value> result_of(Call&& call, Value otherwise) {
        using Given = decltype(call());
        if constexpr (std::is_void_v<Given>) {
            call();
            return otherwise;
        } else if constexpr (std::is_same_v<Given, Result<void>>) {
            if (auto done = call(); !done) return std::move(done).error();
            return otherwise;
        } else {
            return call();
        }
    }

    static Json default_config() { return P::default_config(); }
    static Result<Json> config_merge(void* plugin, const Json& config, const Json& update) {
        return static_cast<P*>(plugin)->config_merge(config, update);
    }
    static Result<void> config(void* plugin, Json& config) {
        const auto done = result_of<bool>([&] { return static_cast<P*>(plugin)->config(config); }, true);
        if (!done) return done.error();
        return {};
    }
    static Result<Children> start(void* plugin, const Starting& starting) {
        return result_of<Children>([&] { return static_cast<P*>(plugin)->start(starting); }, Children{});
    }
    static Result<Updated> updated(void* plugin, const Json& before, const Json& now) {
        return result_of<Updated>([&] { return static_cast<P*>(plugin)->updated(before, now); }, Updated::applied);
    }
    static void stop(void* plugin) { static_cast<P*>(plugin)->stop(); }
    static void status_changed(void* plugin, RunningStatus status) { static_cast<P*>(plugin)->status_changed(status); }
    static bool ready(void* plugin) { return static_cast<P*>(plugin)->ready(); }
    static bool drain(void* plugin) { return static_cast<P*>(plugin)->drain(); }

    static constexpr PluginHooks hooks() {
        PluginHooks all{};
        if constexpr (requires { P::default_config(); }) all.default_config = &default_config;
        if constexpr (requires(P & p, const Json& j) { p.config_merge(j, j); }) all.config_merge = &config_merge;
        if constexpr (requires(P & p, Json & j) { p.config(j); }) all.config = &config;
        if constexpr (requires(P & p, const Starting& s) { p.start(s); }) all.start = &start;
        if constexpr (requires(P & p, const Json& j) { p.updated(j, j); }) all.updated = &updated;
        if constexpr (requires(P & p) { p.stop(); }) all.stop = &stop;
        if constexpr (requires(P & p, RunningStatus s) { p.status_changed(s); }) all.status_changed = &status_changed;
        if constexpr (requires(P & p) { p.ready(); }) all.ready = &ready;
        if constexpr (requires(P & p) { p.drain(); }) all.drain = &drain;
        return all;
    }
    static std::shared_ptr<void> make() { return std::make_shared<P>(); }
    static constexpr auto maker() -> std::shared_ptr<void> (*)() {
        if constexpr (std::is_default_constructible_v<P>) return &make;
        else return nullptr;
    }
};

} // namespace detail

template <class P>
inline constexpr PluginType plugin_type{&plugin_info<P>, detail::HooksOf<P>::hooks(), {}, detail::HooksOf<P>::maker()};

} // namespace malla
