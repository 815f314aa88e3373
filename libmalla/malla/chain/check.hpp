// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/link.hpp"

#include <type_traits>

namespace malla::detail {

/// Stands for every tag that `Listed` does not have.
template <class Listed>
struct AnyTagBut {
    template <class T>
        requires(!has<Listed, T> && !__is_same(T, NoCallback))
    operator T() const;
};

/// Stands for every tag that `on` may have for callback `C`.
template <class C>
struct TagOf {
    template <class T>
        requires(__is_same(T, C))
    operator T() const;
};

struct AnyArgument {
    template <class T>
    operator T() const;
};

struct NoOn {};

/// A plugin with one more `on`, which is taken only when none of the plugin's own fits.
template <class P>
struct Probe : P {
    using P::on;
    NoOn on(...);
};

template <class P, class Tag, class... A>
concept Misses = requires(Probe<P>& probe, Tag tag, A... a) {
    { probe.on(tag, a...) } -> std::same_as<NoOn>;
};

/// Whether `P` has no `on` whose first parameter can be `Tag`; several that fit do not compile.
template <class P, class Tag, class X = AnyArgument>
inline constexpr bool has_none =
    Misses<P, Tag>&& Misses<P, Tag, X>&& Misses<P, Tag, X, X>&& Misses<P, Tag, X, X, X>&& Misses<P, Tag, X, X, X, X>&&
        Misses<P, Tag, X, X, X, X, X>&& Misses<P, Tag, X, X, X, X, X, X>&& Misses<P, Tag, X, X, X, X, X, X, X>&&
            Misses<P, Tag, X, X, X, X, X, X, X, X>&& Misses<P, Tag, X, X, X, X, X, X, X, X, X>;

/// Plugin `P` lists callback `C`.
template <class P, class C>
struct ListedCallback {
    static constexpr bool found = has_on<P, C>;
    static constexpr bool tag_found = found || !has_none<P, TagOf<C>>;
    static_assert(tag_found, "malla: a plugin lists a callback and has no `on` for it: write a public `malla::Flow<C> "
                             "on(C, parameters...)`, or take the callback off its Callbacks");
    static_assert(found || !tag_found,
                  "malla: an `on` has not the parameters of its callback: write exactly the types that the callback "
                  "declares, in its order, once (and `malla::Next<C>` before them to wrap)");
};

/// The result of an `on`.
template <class P, class C, class R>
struct ResultOfOn {
    static_assert(sizeof(P) == 0, "malla: an `on` has not the result of its callback: return malla::Flow<C>, "
                                  "malla::Cont, the callback's result, a malla::Result of it or a malla::Status (with "
                                  "malla::Next<C>: one of the last three)");
};

template <class P>
struct OnThatNoListNames {
    static_assert(sizeof(P) == 0, "malla: a plugin has an `on` for a callback that it does not list: add the callback "
                                  "to its `using Callbacks = malla::Callbacks<...>`, or remove the `on`");
};

template <class P>
struct FinalPlugin {
    static_assert(!std::is_final_v<P>, "malla: a plugin cannot be final: remove `final`");
};

} // namespace malla::detail
