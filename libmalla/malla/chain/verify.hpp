// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/check.hpp"
#include "malla/chain/link.hpp"
#include "malla/chain/resolve.hpp"

#include <array>
#include <cstddef>
#include <type_traits>

namespace malla::detail {

/// Two callbacks of one chain are called the same.
template <class First, class Second>
struct TwoCallbacksOfOneName {
    static_assert(sizeof(First) == 0, "malla: two callbacks of one chain have one name: rename one of them");
};

template <class P, class C>
consteval bool is_rightly_listed() {
    if constexpr (!has_on<P, C>) return sizeof(ListedCallback<P, C>) > 0;
    else if constexpr (!OnOf<P, C>::has_right_result) return sizeof(ResultOfOn<P, C, typename OnOf<P, C>::Type>) > 0;
    else return true;
}

/// A callback of its Api that a service has an `on` for, but not one that fits.
template <class S, class C>
consteval bool is_rightly_left_out() {
    if constexpr (!has_on<S, C> && !has_none<S, TagOf<C>>) return sizeof(ListedCallback<S, C>) > 0;
    else return true;
}

template <class P, class... C>
consteval bool has_only_what_it_lists(Callbacks<C...>) {
    if constexpr (std::is_final_v<P>) {
        return sizeof(FinalPlugin<P>) > 0;
    } else {
        const bool listed = (is_rightly_listed<P, C>() && ...);
        if constexpr (std::is_base_of_v<ServiceBase, P>)
            [&]<class... Exported>(TypeList<Exported...>) {
                (void)(is_rightly_left_out<P, Exported>() && ...);
            }(typename P::ApiType::Callbacks{});
        if constexpr (!has_none<P, AnyTagBut<Callbacks<C...>>>) return sizeof(OnThatNoListNames<P>) > 0;
        return listed;
    }
}

/// Finds two callbacks of one name in all lists of a chain, by a hash table over the names.
template <class... P>
struct NameCheck {
    static constexpr std::size_t total = (std::size_t{0} + ... + TakesPartIn<P>::Type::List::size);
    static constexpr std::size_t slots = 2 * total + 1;

    struct Place {
        std::size_t plugin = 0;
        std::size_t index = 0; ///< in its list
    };
    struct Slot {
        const CallbackInfo* callback = nullptr;
        Place place;
    };

    std::array<Slot, slots> table{};
    bool found = false;
    Place first;
    Place second;

    consteval NameCheck() {
        std::size_t plugin = 0;
        (add_all(plugin++, typename TakesPartIn<P>::Type::List{}), ...);
    }

private:
    template <class... C>
    constexpr void add_all([[maybe_unused]] std::size_t plugin, TypeList<C...>) {
        [[maybe_unused]] std::size_t index = 0;
        (add(C::info, Place{plugin, index++}), ...);
    }
    constexpr void add(const CallbackInfo& callback, Place place) {
        std::size_t at = callback.hash % slots;
        for (; table[at].callback; at = (at + 1) % slots) {
            if (table[at].callback == &callback) return; // the same callback in another plugin
            if (table[at].callback->name != callback.name) continue;
            found = true;
            first = table[at].place;
            second = place;
            return;
        }
        table[at] = Slot{&callback, place};
    }
};

template <class List, std::size_t Plugin, std::size_t Index>
using CallbackAt = TypeAt<typename TakesPartIn<TypeAt<List, Plugin>>::Type::List, Index>;

template <class... P>
consteval bool is_chain(TypeList<P...>) {
    const bool plugins = (has_only_what_it_lists<P>(typename TakesPartIn<P>::Type{}) && ...);
    constexpr NameCheck<P...> names;
    if constexpr (names.found)
        return sizeof(TwoCallbacksOfOneName<CallbackAt<TypeList<P...>, names.first.plugin, names.first.index>,
                                            CallbackAt<TypeList<P...>, names.second.plugin, names.second.index>>) > 0;
    return plugins;
}

} // namespace malla::detail
