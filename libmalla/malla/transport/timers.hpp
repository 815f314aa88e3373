// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace malla::transport {

/// A timer, for cancelling it.
enum class TimerId : std::uint64_t {};

/// Functions to run at given times. The caller passes the time in. One thread.
class Timers {
public:
    using Function = std::function<void()>;

    /// Runs `function` once, at `when`.
    TimerId at(Clock::time_point when, Function function);
    /// Runs `function` at `first` and then every `period`; runs that were missed are left out.
    TimerId every(Clock::time_point first, Clock::duration period, Function function);
    /// No effect on one that ran or was cancelled. A function may cancel its own timer.
    void cancel(TimerId id);

    /// When the next one is due.
    [[nodiscard]] std::optional<Clock::time_point> next() const noexcept;
    /// Runs those due at or before `now`, the earliest first; those they add wait for the next call.
    void run_due(Clock::time_point now);

private:
    struct Timer {
        Clock::duration period; // zero: once
        Function function;
    };
    using Key = std::pair<Clock::time_point, TimerId>;

    TimerId add(Clock::time_point when, Timer timer);
    void run(Key key, Clock::time_point now);

    std::map<Key, Timer> timers_;
    std::map<TimerId, Clock::time_point> due_;
    std::uint64_t last_id_ = 0;
};

} // namespace malla::transport
