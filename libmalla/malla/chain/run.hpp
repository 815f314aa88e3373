// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/base/status.hpp"
#include "malla/chain/link.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace malla::detail {

/// One plugin object of a chain.
template <class P>
struct Holder {
    [[no_unique_address]] P object{};
};

/// How a link's arguments are held while the chain runs: a value by itself, a `const T&` by pointer.
template <class A>
struct Held {
    using Type = A&;
    static A& hold(A& argument) noexcept { return argument; }
    static A& pass(A& held) noexcept { return held; }
    static A&& last(A& held) noexcept { return static_cast<A&&>(held); }
    static void change(A& held, A& to) { held = static_cast<A&&>(to); }
};
template <class T>
struct Held<const T&> {
    using Type = const T*;
    static const T* hold(const T& argument) noexcept { return &argument; }
    static const T& pass(const T* held) noexcept { return *held; }
    static const T& last(const T* held) noexcept { return *held; }
    static void change(const T*& held, const T& to) noexcept { held = &to; }
};

/// The status of a chain that nobody answered.
[[gnu::cold, gnu::noinline]] inline Status not_implemented(std::string_view callback) {
    return Status{"not_implemented", "No plugin answered callback '" + std::string{callback} + "'"};
}

/// A result made of what a link returns, or of a callback's default.
template <class R, class F>
[[gnu::always_inline]] inline Result<R> result_of(F&& link) {
    if constexpr (std::is_void_v<decltype(link())>) {
        link();
        return Result<R>{};
    } else {
        return Result<R>(link());
    }
}

/// Runs callback `C` through those of a chain's plugins that take part in it: `Links`, top first.
template <class Objects, class C, class Links, class = typename C::Parameters>
class Runner;
template <class Objects, class C, class Links, class... A>
class Runner<Objects, C, Links, Parameters<A...>> {
    using R = typename C::ResultType;

public:
    [[gnu::always_inline]] static Result<R> run(Objects& objects, A... arguments) {
        return from<0>(objects, Held<A>::hold(arguments)...);
    }

private:
    template <std::size_t I>
    [[gnu::always_inline]] static inline Result<R> from(Objects& objects, typename Held<A>::Type... held) {
        if constexpr (I == Links::size) {
            return unanswered();
        } else {
            using P = TypeAt<Links, I>;
            P& plugin = static_cast<Holder<P>&>(objects).object;
            if constexpr (part_of<P, C> == Part::answers) {
                return result_of<R>([&] { return plugin.on(C{}, Held<A>::last(held)...); });
            } else if constexpr (part_of<P, C> == Part::wraps) {
                return result_of<R>([&] {
                    return plugin.on(C{}, Next<C>{&objects, &enter<I + 1>}, Held<A>::last(held)...);
                });
            } else if constexpr (part_of<P, C> == Part::observes) {
                (void)plugin.on(C{}, Held<A>::pass(held)...);
                return from<I + 1>(objects, static_cast<typename Held<A>::Type>(held)...);
            } else {
                Flow<C> flow = plugin.on(C{}, Held<A>::pass(held)...);
                if (flow.kind() == FlowKind::changes) change(flow, std::index_sequence_for<A...>{}, held...);
                else if (flow.kind() != FlowKind::continues) return flow.take();
                return from<I + 1>(objects, static_cast<typename Held<A>::Type>(held)...);
            }
        }
    }

    /// What `Next` calls: the rest of the chain, below a link that wraps it.
    template <std::size_t I>
    static Result<R> enter(void* objects, A... arguments) {
        return from<I>(*static_cast<Objects*>(objects), Held<A>::hold(arguments)...);
    }

    template <std::size_t... I>
    [[gnu::always_inline]] static void change(Flow<C>& flow, std::index_sequence<I...>,
                                              typename Held<A>::Type&... held) {
        (Held<A>::change(held, item<I>(flow.changed())), ...);
    }

    static Result<R> unanswered() {
        if constexpr (requires { C::default_answer(); }) return result_of<R>([] { return C::default_answer(); });
        else return not_implemented(C::name());
    }
};

} // namespace malla::detail
