// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/next.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/chain/type_list.hpp"

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace malla {

/// What a plugin does in a callback, as the result of its `on` says.
enum class Part : std::uint8_t {
    observes,  ///< sees the arguments and always continues
    continues, ///< continues, with the same arguments or others, unless it answers
    wraps,     ///< runs the rest of the chain itself
    answers,   ///< always answers: what is below is not asked
};

/// "observes", "continues", "wraps" or "answers".
constexpr std::string_view name_of(Part part) noexcept {
    switch (part) {
    case Part::observes: return "observes";
    case Part::continues: return "continues";
    case Part::wraps: return "wraps";
    case Part::answers: return "answers";
    }
    return "";
}

namespace detail {

/// An `on` with exactly the parameters of `C`, which returns `R`.
template <class C, class R, bool Wraps>
struct On {
    static constexpr bool answers = std::is_same_v<R, Result<typename C::ResultType>> ||
                                    std::is_same_v<R, typename C::ResultType> || std::is_same_v<R, Status>;
    static constexpr bool continues = !Wraps && std::is_same_v<R, Flow<C>>;
    static constexpr bool observes = !Wraps && std::is_same_v<R, Cont>;
    static constexpr bool has_right_result = answers || continues || observes;
    static constexpr Part part = observes    ? Part::observes
                                 : continues ? Part::continues
                                 : Wraps     ? Part::wraps
                                             : Part::answers;
    using Type = R;
};

/// Picks, from all `on` of a plugin, the one whose parameters are exactly those of `C`.
template <class C, class = typename C::Parameters>
struct Pick;
template <class C, class... A>
struct Pick<C, Parameters<A...>> {
    template <class P, class R>
    static On<C, R, false> on(R (P::*)(C, A...));
    template <class P, class R>
    static On<C, R, false> on(R (P::*)(C, A...) const);
    template <class P, class R>
    static On<C, R, true> on(R (P::*)(C, Next<C>, A...));
    template <class P, class R>
    static On<C, R, true> on(R (P::*)(C, Next<C>, A...) const);
};

template <class P, class C>
inline constexpr bool has_on = requires {
    Pick<C>::on(&P::on);
};

/// The `on` of plugin `P` for callback `C`.
template <class P, class C>
using OnOf = decltype(Pick<C>::on(&P::on));

template <class P, class C>
inline constexpr Part part_of = OnOf<P, C>::part;

/// The callbacks that a plugin takes part in.
template <class P>
struct TakesPartIn {
    using Type = typename P::Callbacks;
};

template <class List>
struct AsCallbacks;
template <class... C>
struct AsCallbacks<TypeList<C...>> {
    using Type = Callbacks<C...>;
};

template <class S, class Api>
struct InApi;
template <class S, class... C>
struct InApi<S, TypeList<C...>> {
    using Type =
        typename Merge<typename S::Callbacks::List, std::conditional_t<has_on<S, C>, TypeList<C>, TypeList<>>...>::Type;
};

/// A service takes part in what it lists, and in what is in its Api and it has an `on` for.
template <class S>
    requires std::is_base_of_v<ServiceBase, S>
struct TakesPartIn<S> : AsCallbacks<typename InApi<S, typename S::ApiType::Callbacks>::Type> {
};

} // namespace detail
} // namespace malla
