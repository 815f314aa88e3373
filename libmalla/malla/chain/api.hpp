// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/callback.hpp"
#include "malla/chain/type_list.hpp"

#include <string_view>

namespace malla {

/// The contract of a service: its name and exactly the callbacks that the mesh can call.
///
///     struct CalculatorApi : malla::Api<"Calculator", Calculate, Square> {};
template <Text Name, class... C>
struct Api {
    static_assert(is_identifier(Name.view()),
                  "malla: the name of an Api is an identifier: write letters, digits and underscores");
    static_assert((IsCallback<C> && ...),
                  "malla: an Api lists a type that is no callback: derive it from malla::Callback<...>");

    using Callbacks = TypeList<C...>;

    [[nodiscard]] static constexpr std::string_view name() noexcept { return Name.view(); }
};

/// Calls `f.template operator()<C>()` for each callback of the contract, in its order.
template <class Api, class F>
constexpr void for_each_callback(F&& f) {
    [&]<class... C>(TypeList<C...>) { (f.template operator()<C>(), ...); }(typename Api::Callbacks{});
}

} // namespace malla
