// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/held.hpp"
#include "malla/chain/link.hpp"
#include "malla/chain/link_times.hpp"
#include "malla/chain/next.hpp"
#include "malla/chain/run.hpp"
#include "malla/chain/type_name.hpp"

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace malla {

/// A function without its type.
using ErasedRun = void (*)();

/// One link of a chain that is put together while the program runs. The links of a callback stand
/// in an array, top first; each finds the next behind itself.
struct LiveLink {
    ErasedRun run; ///< a `Next<C>::Run` for the array's callback `C`
    void* plugin;
};

/// What identifies a callback with its types, in every program that was built with this compiler:
/// 64-bit FNV-1a (Fowler, Noll and Vo, https://datatracker.ietf.org/doc/html/draft-eastlake-fnv)
/// of their names, sizes and alignments.
using CallbackId = std::uint64_t;

/// A callback without its types.
struct LiveCallback {
    std::string_view name;
    CallbackId id;
    ErasedRun (*unanswered)() noexcept; ///< gives what stands behind the last link
    ErasedRun (*measured)() noexcept;   ///< gives what stands before a link that is measured by a `LinkTimes::Meter`
};

/// A plugin's part in one callback.
struct LinkInfo {
    LiveCallback callback;
    Part part;
    ErasedRun (*run)() noexcept; ///< gives what a `LiveLink` runs
};

namespace detail {

constexpr CallbackId mix(CallbackId hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}
constexpr CallbackId mix(CallbackId hash, std::uint64_t number) {
    for (int i = 0; i < 8; ++i, number >>= 8) hash = (hash ^ (number & 0xff)) * 0x100000001b3;
    return hash;
}

/// A link of a run-time chain: what `Runner` does in one function for all links, for one.
template <class P, class C, class = typename C::Parameters>
struct LiveLinkOf;
template <class P, class C, class... A>
struct LiveLinkOf<P, C, Parameters<A...>> {
    using R = typename C::ResultType;
    using Run = typename Next<C>::Run;

    static Result<R> below(const LiveLink* link, A... arguments) {
        return reinterpret_cast<Run>(link[1].run)(const_cast<LiveLink*>(link + 1), static_cast<A&&>(arguments)...);
    }

    static Result<R> run(void* at, A... arguments) { return through(static_cast<const LiveLink*>(at), arguments...); }

private:
    static Result<R> through(const LiveLink* link, HeldIn<A>... held) {
        P& plugin = *static_cast<P*>(link->plugin);
        Result<R> out = ResultSlot::empty<R>();
        if constexpr (part_of<P, C> == Part::observes) {
            (void)plugin.on(C{}, held...);
            put_result(out, [&] { return below(link, last<A>(held)...); });
        } else if constexpr (part_of<P, C> == Part::continues) {
            if (!plugin.on(C{}, held...).settle(out, held...))
                put_result(out, [&] { return below(link, last<A>(held)...); });
        } else if constexpr (part_of<P, C> == Part::wraps) {
            const LiveLink* next = link + 1;
            put_result(out, [&] {
                return plugin.on(C{}, Next<C>{const_cast<LiveLink*>(next), reinterpret_cast<Run>(next->run)},
                                 last<A>(held)...);
            });
        } else {
            put_result(out, [&] { return plugin.on(C{}, last<A>(held)...); });
        }
        return out;
    }
};

/// What stands behind the last link: nobody has answered.
template <class C, class = typename C::Parameters>
struct UnansweredLink;
template <class C, class... A>
struct UnansweredLink<C, Parameters<A...>> {
    using R = typename C::ResultType;

    static Result<R> run(void*, [[maybe_unused]] A... arguments) {
        Result<R> out = ResultSlot::empty<R>();
        if constexpr (requires { C::default_answer(static_cast<A&&>(arguments)...); })
            put_result(out, [&] { return C::default_answer(static_cast<A&&>(arguments)...); });
        else if constexpr (requires { C::default_answer(); }) put_result(out, [] { return C::default_answer(); });
        else ResultSlot::set_status(out, not_implemented(C::name()));
        return out;
    }
};

/// Stands before a link and measures it.
template <class C, class = typename C::Parameters>
struct MeasuringLink;
template <class C, class... A>
struct MeasuringLink<C, Parameters<A...>> {
    static Result<typename C::ResultType> run(void* at, A... arguments) {
        const auto* link = static_cast<const LiveLink*>(at);
        const LinkTimes::Run measured{*static_cast<LinkTimes::Meter*>(link->plugin)};
        return reinterpret_cast<typename Next<C>::Run>(link[1].run)(const_cast<LiveLink*>(link + 1),
                                                                    static_cast<A&&>(arguments)...);
    }
};

} // namespace detail

template <IsCallback C>
constexpr CallbackId callback_id() noexcept {
    using Arguments = ArgumentsOf<C>;
    CallbackId hash = detail::mix(0xcbf29ce484222325, type_name<C>());
    hash = detail::mix(hash, type_name<ResultOf<C>>());
    hash = detail::mix(hash, type_name<Arguments>());
    return detail::mix(detail::mix(hash, sizeof(Arguments)), alignof(Arguments));
}

template <IsCallback C>
inline constexpr LiveCallback live_callback{
    C::name(), callback_id<C>(), []() noexcept { return reinterpret_cast<ErasedRun>(&detail::UnansweredLink<C>::run); },
    []() noexcept { return reinterpret_cast<ErasedRun>(&detail::MeasuringLink<C>::run); }};

template <class P, IsCallback C>
inline constexpr LinkInfo link_info{live_callback<C>, detail::part_of<P, C>, []() noexcept {
                                        return reinterpret_cast<ErasedRun>(&detail::LiveLinkOf<P, C>::run);
                                    }};

} // namespace malla
