// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <deque>

namespace malla {

/// Counts restarts: more than `max` within `window` are too many.
class RestartLimit {
public:
    RestartLimit(unsigned max, Clock::duration window) noexcept : max_{max}, window_{window} {}

    /// Counts a restart at `now`, which is never before the last one; false when it is one too many.
    /// One that was exactly a window ago still counts.
    [[nodiscard]] bool allow(Clock::time_point now) {
        while (!at_.empty() && now - at_.front() > window_) at_.pop_front();
        at_.push_back(now);
        return at_.size() <= max_;
    }

private:
    unsigned max_;
    Clock::duration window_;
    std::deque<Clock::time_point> at_;
};

} // namespace malla
