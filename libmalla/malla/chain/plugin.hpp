// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/callback.hpp"
#include "malla/chain/type_list.hpp"

#include <type_traits>

namespace malla {

/// The callbacks that a plugin takes part in. It has one public `on` for each of them.
template <class... C>
struct Callbacks : detail::Members<C...> {
    static_assert((IsCallback<C> && ...),
                  "malla: Callbacks lists a type that is no callback: derive it from malla::Callback<...>");
    using List = TypeList<C...>;
};

/// The plugins that must be below this one. They come into the chain by themselves.
template <class... P>
struct Depends {};

/// In `Depends`: below this one if it is in the chain, which this does not bring about.
template <class P>
struct Optional {};

/// In `Plugins`: plugins of which each depends on the one that follows; the first is on top.
template <class... P>
struct Group {};

/// The plugins of a service, in the order of their rank.
template <class... P>
struct Plugins {};

namespace detail {
/// The tag of the `on` that hides behind those of a plugin, so that each plugin has one.
struct NoCallback {};
struct ServiceBase {};
} // namespace detail

/// What every plugin derives from. A plugin is plain state with, where it takes part in callbacks:
///
///     using Callbacks = malla::Callbacks<Calculate>;        // in which
///     using Depends   = malla::Depends<Addition>;           // below it
///     malla::Flow<Calculate> on(Calculate, Op op, double a, double b);
///
/// What `on` returns says its part: `Cont` observes; `Flow<C>` continues or answers; the result
/// itself, a `Result` of it or a `Status` answers; and with a `Next<C>` after the tag it wraps the
/// rest of the chain. Its parameters are exactly those of the callback. A plugin is not `final`,
/// its `on` are public and no templates.
struct Plugin {
    using Callbacks = malla::Callbacks<>;
    using Depends = malla::Depends<>;
    /// Of its callbacks, those that can be called from outside once it was added to a running service.
    using Exports = malla::Callbacks<>;

    void on(detail::NoCallback) const = delete;
};

/// The lowest plugin of every chain.
struct Base : Plugin {};

/// A type that can be listed as a plugin.
template <class P>
concept IsPlugin = std::is_base_of_v<Plugin, P> && !std::is_base_of_v<detail::ServiceBase, P>;

} // namespace malla
