// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/base/service_status.hpp"
#include "malla/chain/plugin_info.hpp"
#include "malla/service/starting.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace malla {

/// What a plugin does besides taking part in callbacks: its hooks, each null when it has none.
///
/// A plugin has a hook by having a public member function of that name. Hooks of one service never
/// run at once. What a hook throws is a failure of the hook; one that takes longer than the
/// service's `hook_limit` has failed too, and is left behind: neither its object nor its code go.
struct PluginHooks {
    /// `Result<void> start(const Starting&)`: once before the plugin takes part in any call, lowest
    /// plugin first. When it fails, so does the start or change, and what was started before is stopped.
    Result<void> (*start)(void* plugin, const Starting& starting);
    /// `void stop()`: once when the last call has left it, highest plugin first.
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
    static Result<void> start(void* plugin, const Starting& starting) {
        if constexpr (std::is_void_v<decltype(static_cast<P*>(plugin)->start(starting))>) {
            static_cast<P*>(plugin)->start(starting);
            return {};
        } else {
            return static_cast<P*>(plugin)->start(starting);
        }
    }
    static void stop(void* plugin) { static_cast<P*>(plugin)->stop(); }
    static void status_changed(void* plugin, RunningStatus status) { static_cast<P*>(plugin)->status_changed(status); }
    static bool ready(void* plugin) { return static_cast<P*>(plugin)->ready(); }
    static bool drain(void* plugin) { return static_cast<P*>(plugin)->drain(); }

    static constexpr PluginHooks hooks() {
        PluginHooks all{};
        if constexpr (requires(P & p, const Starting& s) { p.start(s); }) all.start = &start;
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
