// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/error.hpp"
#include "malla/chain/chain.hpp"
#include "malla/service/request.hpp"
#include "malla/service/service_control.hpp"
#include "malla/service/service_core.hpp"
#include "malla/service/stream_hold.hpp"

#include <array>
#include <type_traits>
#include <utility>
#include <vector>

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

/// What `S` says of its start: `static constexpr bool paused = true;`, `static constexpr bool silent = true;`.
template <class S>
inline constexpr StartOptions start_options = [] {
    StartOptions options;
    if constexpr (requires { bool{S::paused}; }) options.paused = S::paused;
    if constexpr (requires { bool{S::silent}; }) options.silent = S::silent;
    return options;
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
        if constexpr (is_stream<ResultOf<C>>) {
            return call_stream<C>(std::forward<Arguments>(arguments)...);
        } else if constexpr (is_concurrent<S>) {
            // Kept until an exception is gone too: its type may have come with a plugin.
            const Pins::Pin pin{pins()};
            return call_entered<C>(nullptr, nullptr, std::forward<Arguments>(arguments)...);
        } else {
            if (!gate().try_enter()) [[unlikely]]
                return Rarely<C>::call_contended(*this, std::forward<Arguments>(arguments)...);
            const Leaving leaving{gate()};
            return call_entered<C>(&gate(), nullptr, std::forward<Arguments>(arguments)...);
        }
    }

    /// As above for whoever has passed the door and holds `gate`, if the service has one.
    template <class C, class... Arguments>
    Result<ResultOf<C>> call_inside(Gate* gate, const CallInfo* info, Arguments&&... arguments) {
        if constexpr (is_concurrent<S>) {
            const Pins::Pin pin{pins()};
            return call_entered<C>(gate, info, std::forward<Arguments>(arguments)...);
        } else {
            return call_entered<C>(gate, info, std::forward<Arguments>(arguments)...);
        }
    }

    /// As above for a callback that was called from outside: what its handler says is an answer, see `answered`.
    template <class C, class... Arguments>
    Result<ResultOf<C>> call_exported(Gate* gate, const CallInfo& info, Arguments&&... arguments) {
        if constexpr (is_concurrent<S>) {
            const Pins::Pin pin{pins()};
            return call_answering<C>(gate, info, std::forward<Arguments>(arguments)...);
        } else {
            return call_answering<C>(gate, info, std::forward<Arguments>(arguments)...);
        }
    }

    /// Calls `run(call)` with what is known of the call, inside `HandleRequest` where a plugin takes part in
    /// that, and `sent()` gives what is shown of it. For whoever has passed the door and holds `gate`, if any.
    template <class Run, class Sent = SentCall (*)()>
    Result<void> handle_request(
        std::string_view callback, Gate* gate, const CallInfo& info, Run&& run,
        const Sent& sent = [] { return SentCall{}; }) {
        if (detail::LinksOf<S, HandleRequest>::count == 0 && !control_.changed_chain()) [[likely]]
            return run(info);
        struct Target final : IncomingRequest::Target {
            Target(Run& to, const Sent& what) : call{to}, shown{what} {}
            Result<void> run(const CallInfo& info) override {
                auto result = call(info);
                has_run = has_run || result || result.error().outcome() != Outcome::not_run;
                return result;
            }
            [[nodiscard]] SentCall sent() const override { return shown(); }
            Run& call;
            const Sent& shown;
            bool has_run = false;
        } target{run, sent};
        auto result = call_inside<HandleRequest>(gate, &info, IncomingRequest{name(), callback, info, &target});
        if (!result && target.has_run) return answered(std::move(result).error()); // whatever a plugin made of it
        return result;
    }

    /// Starts, pauses and stops the service, and changes its chain while it runs.
    [[nodiscard]] ServiceControl& control() noexcept { return control_; }

    /// The objects that were compiled in; one that was taken out is no longer used.
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

    static constexpr Version version_of() {
        if constexpr (requires { S::version; }) return S::version;
        else return Version{};
    }

    /// The callbacks that are called by their position in the list, in a chain that was changed.
    template <class Order>
    struct CallbacksIn;
    template <class... P>
    struct CallbacksIn<TypeList<P...>> {
        using Type = typename detail::Merge<typename S::ApiType::Callbacks, TypeList<HandleRequest>,
                                            typename detail::TakesPartIn<P>::Type::List...>::Type;
    };
    using Known = typename CallbacksIn<typename Chain<S>::Order>::Type;

    template <class... C>
    static constexpr std::array<LiveCallback, sizeof...(C)> known(TypeList<C...>) {
        return {live_callback<C>...};
    }

    std::vector<std::pair<const PluginType*, void*>> plugins() {
        std::vector<std::pair<const PluginType*, void*>> all;
        chain_.for_each_top_down([&]<class P>(P& plugin) {
            if constexpr (!std::is_same_v<P, Base>) all.emplace_back(&plugin_type<P>, &plugin);
        });
        return all;
    }

    // The gate or the pin is held: the chain stays what it is now.
    template <class C, class... Arguments>
    [[gnu::always_inline]] Result<ResultOf<C>> call_entered(Gate* gate, const CallInfo* info,
                                                            Arguments&&... arguments) {
        if (!open_unchanged()) [[unlikely]]
            return Rarely<C>::call_changed(*this, gate, info, std::forward<Arguments>(arguments)...);
        const Frame frame{*this, gate, info};
        try {
            return chain_.template call<C>(std::forward<Arguments>(arguments)...);
        } catch (...) {
            return status_of_exception(*this);
        }
    }

    template <class C, class... Arguments>
    Result<ResultOf<C>> call_answering(Gate* gate, const CallInfo& info, Arguments&&... arguments) {
        if (!open()) [[unlikely]]
            return refusal();
        auto result = Rarely<C>::call_admitted(*this, gate, &info, std::forward<Arguments>(arguments)...);
        if (!result) [[unlikely]]
            return answered(std::move(result).error());
        return result;
    }

    // The stream must not outlive the service.
    template <class C, class... Arguments>
    Result<ResultOf<C>> call_stream(Arguments&&... arguments) {
        LocalEntry entry{*this};
        if (!entry.entered()) return entry.refusal();
        const Pins::Pin pin{pins()};
        StreamHold hold{*this, control_};
        auto stream = call_entered<C>(entry.gate(), nullptr, std::forward<Arguments>(arguments)...);
        if (!stream) return stream;
        if (auto kept = hold.keep(); !kept) return std::move(kept).error();
        return ResultOf<C>{EnteringStream<ValueOf<ResultOf<C>>>{std::move(hold), *std::move(stream)}};
    }

    /// What is rarely needed, apart from the code that always runs. The parameters are those of the
    /// callback, so that they stay in registers.
    template <class C, class = typename C::Parameters>
    struct Rarely;
    template <class C, class... A>
    struct Rarely<C, detail::Parameters<A...>> {
        [[gnu::noinline]] static Result<ResultOf<C>> call_contended(LiveService& self, A... arguments) {
            LocalEntry entry{self};
            if (!entry.entered()) return entry.refusal();
            return self.call_entered<C>(entry.gate(), nullptr, static_cast<A&&>(arguments)...);
        }

        [[gnu::noinline]] static Result<ResultOf<C>> call_changed(LiveService& self, Gate* gate, const CallInfo* info,
                                                                  A... arguments) {
            if (!self.open()) return self.refusal();
            return call_admitted(self, gate, info, static_cast<A&&>(arguments)...);
        }

        static Result<ResultOf<C>> call_admitted(LiveService& self, Gate* gate, const CallInfo* info, A... arguments) {
            const Frame frame{self, gate, info};
            try {
                if (const ChangedChain* changed = self.control_.changed_chain())
                    return changed->chain.template call<C>(detail::index_of<C>(Known{}),
                                                           static_cast<A&&>(arguments)...);
                return self.chain_.template call<C>(static_cast<A&&>(arguments)...);
            } catch (...) {
                return status_of_exception(self);
            }
        }
    };

    Chain<S> chain_;
    ServiceControl control_{*this, listing_info<S>, known(Known{}), plugins()};
};

} // namespace malla
