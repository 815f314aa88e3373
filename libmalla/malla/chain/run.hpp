// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/base/status.hpp"
#include "malla/chain/held.hpp"
#include "malla/chain/link.hpp"
#include "malla/chain/objects.hpp"

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace malla::detail {

/// The status of a chain that nobody answered.
[[gnu::cold, gnu::noinline]] inline Status not_implemented(std::string_view callback) noexcept {
    return Status{"not_implemented", "No plugin answered callback '" + std::string{callback} + "'"};
}

/// Runs `make` with its result, a value, a status or either, put in `out`, which is empty.
template <class R, class F>
[[gnu::always_inline]] inline void put_result(Result<R>& out, F&& make) {
    using Made = decltype(make());
    if constexpr (std::is_void_v<Made>) make();
    else if constexpr (std::is_same_v<Made, Status>) ResultSlot::set_status(out, make());
    else if constexpr (std::is_same_v<Made, R>) ResultSlot::set_value(out, make());
    else {
        try {
            ::new (static_cast<void*>(std::addressof(out))) Result<R>(make());
        } catch (...) { // what `make` left there is not to be destroyed
            ::new (static_cast<void*>(std::addressof(out))) Result<R>(ResultSlot::empty<R>());
            throw;
        }
    }
}

/// Runs callback `C` through those of a chain's plugins that take part in it: `Links`, top first.
///
/// Links that may continue stand one after another in one function, which ends at a link that
/// wraps or always answers; a link that wraps gets the function of the links below it.
template <class S, class C, class = typename C::Parameters>
class Runner;
template <class S, class C, class... A>
class Runner<S, C, Parameters<A...>> {
    using R = typename C::ResultType;
    using Objects = ObjectsOf<S>;
    using Links = typename LinksOf<S, C>::Type;
    static constexpr auto parts = parts_of<C>(Links{});

    /// The first link from `at` on that does not continue by itself, or the end.
    static constexpr std::size_t end_of(std::size_t at) {
        while (parts[at] == Part::observes || parts[at] == Part::continues) ++at;
        return at;
    }

public:
    template <std::size_t Begin>
    [[gnu::always_inline]] static Result<R> from(Objects& objects, A... arguments) {
        return through<Begin>(objects, std::make_index_sequence<end_of(Begin) - Begin>{}, arguments...);
    }

private:
    template <std::size_t Begin, std::size_t... I>
    [[gnu::always_inline]] static Result<R> through(Objects& objects, std::index_sequence<I...>, HeldIn<A>... held) {
        Result<R> out = ResultSlot::empty<R>();
        if (!(stops<TypeAt<Links, Begin + I>>(out, objects, held...) || ...))
            end<Begin + sizeof...(I)>(out, objects, held...);
        return out;
    }

    template <class P>
    [[gnu::always_inline]] static P& plugin(Objects& objects) {
        return static_cast<Holder<P>&>(objects).object;
    }

    /// Runs a link that may continue; true when it has answered.
    template <class P>
    static bool stops(Result<R>& out, Holder<P>& holder, Held<A>&... held) {
        return settle(out, holder.object.on(C{}, held...), held...);
    }
    [[gnu::always_inline]] static bool settle(Result<R>&, Cont, Held<A>&...) noexcept { return false; }
    [[gnu::always_inline]] static bool settle(Result<R>& out, Flow<C>&& flow, Held<A>&... held) {
        return flow.settle(out, held...);
    }

    /// Runs the link that ends this function; behind the last link nobody has answered.
    template <std::size_t I>
    [[gnu::always_inline]] static void end(Result<R>& out, Objects& objects, Held<A>&... held) {
        if constexpr (I == Links::size) {
            if constexpr (requires { C::default_answer(last(held)...); })
                put_result(out, [&] { return C::default_answer(last(held)...); });
            else if constexpr (requires { C::default_answer(); }) put_result(out, [] { return C::default_answer(); });
            else ResultSlot::set_status(out, not_implemented(C::name()));
        } else if constexpr (parts[I] == Part::wraps) {
            put_result(out, [&] {
                return plugin<TypeAt<Links, I>>(objects).on(C{}, Next<C>{&objects, &enter<I + 1>}, last(held)...);
            });
        } else {
            put_result(out, [&] { return plugin<TypeAt<Links, I>>(objects).on(C{}, last(held)...); });
        }
    }

    template <std::size_t Begin>
    static Result<R> enter(void* objects, A... arguments) {
        return from<Begin>(*static_cast<Objects*>(objects), static_cast<A&&>(arguments)...);
    }
};

} // namespace malla::detail
