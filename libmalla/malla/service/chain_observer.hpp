// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/link_times.hpp"
#include "malla/chain/live_chain.hpp"

#include <optional>

namespace malla {

/// Sees the calls of a service that runs, from `ServiceControl::observe` to `unobserve` and until the calls that began
/// in between have ended. Is asked for both whenever the chain is joined anew.
class ChainObserver {
public:
    virtual ~ChainObserver() = default;

    /// A plugin of its own, above all others, that only observes.
    [[nodiscard]] virtual std::optional<LiveChain::Member> member() { return std::nullopt; }
    /// What measures the links of one callback, or null.
    [[nodiscard]] virtual LinkTimes* times() { return nullptr; }
};

} // namespace malla
