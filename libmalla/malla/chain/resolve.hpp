// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/order.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/chain/type_list.hpp"

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace malla::detail {

/// `Lister` names `P` in its `Plugins` or `Depends`.
template <class Lister, class P>
struct Listed {
    static constexpr bool value = IsPlugin<P>;
    static_assert(value, "malla: a plugin list names a type that is no plugin: derive it from malla::Plugin "
                         "(Optional stands only in Depends, Group only in Plugins)");
};

/// An entry as the list of what it brings in.
template <class Lister, class P>
struct Entry {
    using Type = std::conditional_t<Listed<Lister, P>::value, TypeList<P>, TypeList<>>;
};
template <class Lister>
struct Entry<Lister, Base> { // has its place without being listed
    using Type = TypeList<>;
};

template <class Lister, class P>
struct DependsEntry : Entry<Lister, P> {};
template <class Lister, class P>
struct DependsEntry<Lister, Optional<P>> {
    using Type = TypeList<>;
};

template <class Lister, class P>
struct PluginsEntry : Entry<Lister, P> {};
template <class Lister, class... P>
struct PluginsEntry<Lister, Group<P...>> {
    using Type = std::conditional_t<(Listed<Lister, P>::value && ...), TypeList<P...>, TypeList<>>;
};

template <class Known, class P, class Dependencies>
struct WithDependencies;
template <class Known, class P, class... D>
struct WithDependencies<Known, P, Depends<D...>> : Merge<Known, typename DependsEntry<P, D>::Type...> {};

/// The list and what its plugins need: goes down a list that grows at its end.
template <class Known, std::size_t Next = 0, bool Done = Next == Known::size>
struct Closure {
    using Type = Known;
};
template <class Known, std::size_t Next>
struct Closure<Known, Next, false>
    : Closure<typename WithDependencies<Known, TypeAt<Known, Next>, typename TypeAt<Known, Next>::Depends>::Type,
              Next + 1> {};

template <class S, class Listing>
struct RanksOf {
    static_assert(!__is_same(S, S), "malla: a service names its plugins by `using Plugins = malla::Plugins<...>`");
};
/// The plugins of a service in the order of their rank.
template <class S, class... P>
struct RanksOf<S, Plugins<P...>> {
    using Declared = typename Merge<TypeList<>, typename PluginsEntry<S, P>::Type...>::Type;
    using Type = typename Closure<Declared>::Type;
};

template <class P>
struct Unwrapped {
    using Type = P;
};
template <class P>
struct Unwrapped<Optional<P>> {
    using Type = P;
};

/// The order of `Ranked`, or its circle.
template <class Ranked, class Listing>
struct Solution {
    static constexpr std::size_t size = Ranked::size;
    unsigned char cells[size * size + 1]{};
    std::array<std::size_t, size> order{};
    Ordering ordering{};

    constexpr void add_edge(std::size_t above, std::size_t below) {
        if (above < size && below < size) cells[above * size + below] = 1;
    }
    template <class... D>
    constexpr void add_plugin([[maybe_unused]] std::size_t above, Depends<D...>) {
        (add_edge(above, index_of<typename Unwrapped<D>::Type>(Ranked{})), ...);
    }
    template <class P>
    constexpr void add_group(P*) {}
    template <class... P>
    constexpr void add_group(Group<P...>*) {
        std::size_t above = size;
        for (const std::size_t below : {index_of<P>(Ranked{})...}) {
            add_edge(above, below);
            above = below;
        }
    }
    template <class... Entry>
    constexpr void add_groups(Plugins<Entry...>*) {
        (add_group(static_cast<Entry*>(nullptr)), ...);
    }
    template <class... P>
    constexpr void solve(TypeList<P...>) {
        std::size_t rank[size + 1]{};
        for (std::size_t i = 0; i < size; ++i) rank[i] = i;
        [[maybe_unused]] std::size_t above = 0;
        (add_plugin(above++, typename P::Depends{}), ...);
        add_groups(static_cast<Listing*>(nullptr));
        ordering = order_plugins({rank, size}, {{cells, size * size}, size}, order);
    }
    constexpr Solution() { solve(Ranked{}); }
};

/// Names the plugins of a circle.
template <class... P>
struct PluginsInACircle {
    static_assert(sizeof...(P) == 0, "malla: these plugins depend on each other in a circle: remove one of the "
                                     "Depends (or one place in a Group) between them");
};

/// All plugins of a service in the order of its chain: the service first, `Base` last.
template <class S>
class Resolved {
    using Ranks = RanksOf<S, typename S::Plugins>;
    using Ranked = typename Ranks::Type;
    static constexpr Solution<Ranked, typename S::Plugins> solution{};

    template <std::size_t... I>
    static auto order(std::index_sequence<I...>) {
        if constexpr (solution.ordering.ordered) return TypeList<S, TypeAt<Ranked, solution.order[I]>..., Base>{};
        else return PluginsInACircle<TypeAt<Ranked, solution.order[I]>...>{}, TypeList<S, Base>{};
    }

public:
    /// The plugins that the service lists itself.
    using Declared = typename Ranks::Declared;
    using Type = decltype(order(std::make_index_sequence<solution.ordering.count>{}));
};

} // namespace malla::detail
