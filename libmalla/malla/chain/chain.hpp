// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/api.hpp"
#include "malla/chain/callback.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/link.hpp"
#include "malla/chain/next.hpp"
#include "malla/chain/objects.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/chain/resolve.hpp"
#include "malla/chain/run.hpp"
#include "malla/chain/service.hpp"
#include "malla/chain/type_list.hpp"
#include "malla/chain/type_name.hpp"
#include "malla/chain/verify.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace malla {

/// One plugin's part in a callback.
struct Link {
    std::string_view plugin;
    Part part;

    friend constexpr bool operator==(const Link&, const Link&) = default;
};

/// The plugins of service `S`, joined by the compiler: one object of each, the service on top,
/// `Base` at the bottom, and calls through them that cost what nested `if`s by hand cost.
///
/// A call takes no lock: whoever calls sees to it that plugins which have state are called one at
/// a time. Calls of plugins without state may run at once.
template <class S>
class Chain {
    using Resolved = detail::Resolved<S>;

public:
    /// The plugins' types, top first.
    using Order = typename Resolved::Type;
    static_assert(detail::is_chain(Order{}));

    Chain() = default;
    /// Takes a service object that was prepared.
    explicit Chain(S service) : objects_{std::in_place, std::move(service)} {}
    /// Makes the service object in its place from `arguments`.
    template <class... A>
    explicit Chain(std::in_place_t, A&&... arguments) : objects_{std::in_place, std::forward<A>(arguments)...} {}
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;
    ~Chain() = default;

    /// Runs `C` down the chain: the first answer; when there is none the callback's default, else
    /// the status `not_implemented`. Exceptions of plugins pass through.
    template <IsCallback C, class... A>
    Result<ResultOf<C>> call(A&&... arguments) {
        return detail::Runner<S, C>::template from<0>(objects_, std::forward<A>(arguments)...);
    }

    [[nodiscard]] S& service() noexcept { return plugin<S>(); }
    template <class P>
    [[nodiscard]] P& plugin() noexcept {
        return static_cast<detail::Holder<P>&>(objects_).object;
    }

    /// Calls `f(plugin)` for each plugin object, the service first, `Base` last.
    template <class F>
    constexpr void for_each_top_down(F&& f) {
        [&]<class... P>(TypeList<P...>) { (f(plugin<P>()), ...); }(Order{});
    }
    /// As above, `Base` first, the service last.
    template <class F>
    constexpr void for_each_bottom_up(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (f(plugin<detail::TypeAt<Order, Order::size - 1 - I>>()), ...);
        }
        (std::make_index_sequence<Order::size>{});
    }

    /// The number of plugins, with the service and `Base`.
    [[nodiscard]] static constexpr std::size_t size() noexcept { return Order::size; }
    /// The plugins' names, top first.
    [[nodiscard]] static constexpr auto plugin_names() noexcept { return names(Order{}); }
    /// The names of the plugins that the service lists itself, in its order.
    [[nodiscard]] static constexpr auto declared_names() noexcept { return names(typename Resolved::Declared{}); }
    /// The plugins that take part in `C`, top first.
    template <IsCallback C>
    [[nodiscard]] static constexpr auto links() noexcept {
        return links_of<C>(typename detail::LinksOf<S, C>::Type{});
    }

private:
    template <class... P>
    static constexpr std::array<std::string_view, sizeof...(P)> names(TypeList<P...>) {
        return {type_name<P>()...};
    }
    template <class C, class... P>
    static constexpr std::array<Link, sizeof...(P)> links_of(TypeList<P...>) {
        return {Link{type_name<P>(), detail::part_of<P, C>}...};
    }

    [[no_unique_address]] detail::ObjectsOf<S> objects_;
};

} // namespace malla
