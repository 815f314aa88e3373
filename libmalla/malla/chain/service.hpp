// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/version.hpp"
#include "malla/chain/api.hpp"
#include "malla/chain/plugin.hpp"

namespace malla {

/// A service: the plugin on top of a chain, and the list of those below it.
///
///     struct Calculator : malla::Service<CalculatorApi> {
///         static constexpr malla::Version version{1, 0, 0};
///         using Plugins = malla::Plugins<Logging, Addition>;
///         double on(Square, double x) { return x * x; }
///     };
///
/// It takes part in the callbacks of its Api for which it has an `on`, and in those that it lists
/// in `Callbacks`.
template <class Contract>
struct Service : Plugin, detail::ServiceBase {
    using ApiType = Contract;
    using Plugins = malla::Plugins<>;
    static constexpr Version version{};
};

} // namespace malla
