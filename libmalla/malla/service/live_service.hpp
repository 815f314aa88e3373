// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/error.hpp"
#include "malla/chain/chain.hpp"
#include "malla/service/service_core.hpp"

#include <type_traits>
#include <utility>

namespace malla {

/// Whether `S` says that several calls may run in it at once: `static constexpr bool concurrent = true;`.
template <class S>
inline constexpr bool is_concurrent = [] {
    if constexpr (requires { S::concurrent; }) return bool{S::concurrent};
    else return false;
}();

/// Whether `S` says that it is not announced to the mesh: `static constexpr bool local = true;`.
template <class S>
inline constexpr bool is_local = [] {
    if constexpr (requires { S::local; }) return bool{S::local};
    else return false;
}();

/// A service that runs: its chain of plugins behind its door. Any thread may call it.
template <class S>
class LiveService : public ServiceCore {
public:
    LiveService() : ServiceCore{S::ApiType::name(), version_of(), is_concurrent<S>} {}
    explicit LiveService(S service)
        : ServiceCore{S::ApiType::name(), version_of(), is_concurrent<S>}, chain_{std::move(service)} {}

    /// Calls down the chain, on this thread; throws `Error` with the status when there is no value.
    template <class C, class... Arguments>
    ResultOf<C> call(Arguments&&... arguments) {
        return value_or_throw(try_call<C>(std::forward<Arguments>(arguments)...));
    }

    /// Calls down the chain, on this thread. An exception in a plugin becomes a status.
    template <class C, class... Arguments>
    Result<ResultOf<C>> try_call(Arguments&&... arguments) {
        if (!open()) [[unlikely]]
            return refusal();
        if constexpr (is_concurrent<S>) {
            return call_inside<C>(nullptr, nullptr, std::forward<Arguments>(arguments)...);
        } else {
            if (!gate().try_enter()) [[unlikely]]
                return call_contended<C>(std::forward<Arguments>(arguments)...);
            const Leaving leaving{gate()};
            return call_inside<C>(&gate(), nullptr, std::forward<Arguments>(arguments)...);
        }
    }

    /// As above for whoever has passed the door and holds `gate`, if any.
    template <class C, class... Arguments>
    Result<ResultOf<C>> call_inside(Gate* gate, const CallInfo* info, Arguments&&... arguments) {
        const Frame frame{*this, gate, info};
        try {
            return chain_.template call<C>(std::forward<Arguments>(arguments)...);
        } catch (...) {
            return status_of_exception(name());
        }
    }

    /// Starts the plugins, lowest first; when one fails those started are stopped again and the
    /// service is `failed`. A plugin takes part with `Result<void> start(const Starting&)`.
    Result<void> start(const Starting& starting) {
        set_running_status(RunningStatus::starting);
        Result<void> result;
        chain_.for_each_bottom_up([&](auto& plugin) {
            if (!result) return;
            result = start_one(plugin, starting);
            if (result) ++started_;
        });
        if (!result) stop_started();
        set_running_status(result ? RunningStatus::running : RunningStatus::failed);
        return result;
    }

    /// Stops the plugins that were started, highest first, and closes the door. A plugin takes
    /// part with `void stop()`; what it throws is logged, and stopping goes on.
    void stop() noexcept {
        set_running_status(RunningStatus::stopping);
        stop_started();
        set_running_status(RunningStatus::stopped);
    }

    [[nodiscard]] S& service() noexcept { return chain_.service(); }
    template <class P>
    [[nodiscard]] P& plugin() noexcept {
        return chain_.template plugin<P>();
    }

private:
    struct Leaving {
        ~Leaving() { gate.leave(); }
        Gate& gate;
    };

    template <class C, class... Arguments>
    [[gnu::noinline]] Result<ResultOf<C>> call_contended(Arguments&&... arguments) {
        LocalEntry entry{*this};
        if (!entry.entered()) return entry.refusal();
        return call_inside<C>(entry.gate(), nullptr, std::forward<Arguments>(arguments)...);
    }

    static constexpr Version version_of() {
        if constexpr (requires { S::version; }) return S::version;
        else return Version{};
    }

    template <class P>
    Result<void> start_one(P& plugin, const Starting& starting) {
        if constexpr (requires { plugin.start(starting); }) {
            try {
                return plugin.start(starting);
            } catch (...) {
                return status_of_exception(name());
            }
        } else {
            return {};
        }
    }

    void stop_started() noexcept {
        std::size_t above = chain_.size() - std::exchange(started_, 0);
        chain_.for_each_top_down([&](auto& plugin) {
            if (above > 0) {
                --above;
                return;
            }
            if constexpr (requires { plugin.stop(); }) {
                try {
                    plugin.stop();
                } catch (...) {
                    (void)status_of_exception(name()); // logs it
                }
            }
        });
    }

    Chain<S> chain_;
    std::size_t started_ = 0;
};

} // namespace malla
