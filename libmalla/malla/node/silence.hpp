// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <chrono>

namespace malla {

/// Since when a connection that should say something has said nothing. Time is an argument.
class Silence {
public:
    static constexpr Clock::duration beat = std::chrono::milliseconds{500};

    struct Look {
        bool ask = false;    ///< whether the other side is alive, for a beat has passed
        bool silent = false; ///< for two beats
        bool lost = false;   ///< for three
    };

    /// To be called several times a beat: who did not look for two beats slept himself, and counts anew. `heard`:
    /// something came since the last look; `awaited`: something will come, if the other side lives.
    [[nodiscard]] Look look(Clock::time_point now, bool heard, bool awaited) noexcept {
        const bool overslept = now - looked_at_ > 2 * beat;
        looked_at_ = now;
        if (heard || !awaited || overslept) since_ = now;
        const auto silence = now - since_;
        Look found{silence >= beat && now - asked_at_ >= beat, silence >= 2 * beat, silence >= 3 * beat};
        if (found.ask) asked_at_ = now;
        return found;
    }

private:
    Clock::time_point since_;
    Clock::time_point looked_at_;
    Clock::time_point asked_at_;
};

} // namespace malla
