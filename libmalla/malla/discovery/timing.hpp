// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <chrono>

namespace malla::discovery {

/// How fast the mesh notices what happens to its nodes.
struct Timing {
    /// How often a node shows that it is alive.
    Clock::duration beat = std::chrono::milliseconds{500};
    /// A node that is not heard for as many beats is taken for dead.
    int missed_beats = 3;
    /// How long a connection that is tried to see whether a node lives may take.
    Clock::duration probe_limit = std::chrono::seconds{1};
    /// How often a node that cannot be heard, since its rendezvous is away, is tried.
    Clock::duration verify_every = std::chrono::seconds{5};
    /// The nodes of one machine that race to become its rendezvous each wait a random part of it.
    Clock::duration rebind_jitter = std::chrono::milliseconds{50};

    [[nodiscard]] Clock::duration lease() const noexcept { return beat * missed_beats; }
};

} // namespace malla::discovery
