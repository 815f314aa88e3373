// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/live_link.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/chain/resolve.hpp"
#include "malla/chain/type_name.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace malla {

/// What is known of a plugin's type while the program runs.
struct PluginInfo {
    struct Dependency {
        std::string_view plugin;
        bool optional; ///< only orders
    };

    std::string_view name; ///< as `type_name`
    std::span<const Dependency> depends;
    std::span<const LinkInfo> links;
};

namespace detail {

template <class D>
struct DependencyOf {
    static constexpr PluginInfo::Dependency value{type_name<D>(), false};
};
template <class D>
struct DependencyOf<Optional<D>> {
    static constexpr PluginInfo::Dependency value{type_name<D>(), true};
};

template <class List>
struct DependenciesOf;
template <class... D>
struct DependenciesOf<Depends<D...>> {
    static constexpr std::array<PluginInfo::Dependency, sizeof...(D)> value{DependencyOf<D>::value...};
};

template <class P, class List>
struct LinkInfosOf;
template <class P, class... C>
struct LinkInfosOf<P, TypeList<C...>> {
    static constexpr std::array<LinkInfo, sizeof...(C)> value{link_info<P, C>...};
};

} // namespace detail

template <class P>
inline constexpr PluginInfo plugin_info{type_name<P>(), detail::DependenciesOf<typename P::Depends>::value,
                                        detail::LinkInfosOf<P, typename detail::TakesPartIn<P>::Type::List>::value};

/// What a service says of its chain: its listed plugins, and which of them stand above each other
/// because a group says so.
struct ListingInfo {
    struct Above {
        std::string_view upper;
        std::string_view lower;
    };

    std::span<const std::string_view> plugins;
    std::span<const Above> groups;
};

namespace detail {

template <class Entry>
struct GroupPairs {
    static constexpr std::size_t count = 0;
    static constexpr void write(ListingInfo::Above*&) {}
};
template <class... P>
struct GroupPairs<Group<P...>> {
    static constexpr std::size_t count = sizeof...(P) > 0 ? sizeof...(P) - 1 : 0;
    static constexpr void write(ListingInfo::Above*& to) {
        constexpr std::array<std::string_view, sizeof...(P)> names{type_name<P>()...};
        for (std::size_t i = 0; i + 1 < names.size(); ++i) *to++ = {names[i], names[i + 1]};
    }
};

template <class Declared, class Listing>
struct ListingOf;
template <class... P, class... Entry>
struct ListingOf<TypeList<P...>, Plugins<Entry...>> {
    static constexpr std::array<std::string_view, sizeof...(P)> names{type_name<P>()...};
    static constexpr auto groups = [] {
        std::array<ListingInfo::Above, (std::size_t{0} + ... + GroupPairs<Entry>::count)> pairs{};
        [[maybe_unused]] ListingInfo::Above* to = pairs.data();
        (GroupPairs<Entry>::write(to), ...);
        return pairs;
    }();
};

} // namespace detail

template <class S>
inline constexpr ListingInfo listing_info{
    detail::ListingOf<typename detail::Resolved<S>::Declared, typename S::Plugins>::names,
    detail::ListingOf<typename detail::Resolved<S>::Declared, typename S::Plugins>::groups};

} // namespace malla
