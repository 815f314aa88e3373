// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/bell.hpp"
#include "cli/commands.hpp"
#include "malla/base/deadline.hpp"
#include "malla/node/stop_signal.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace malla::cli {

/// Standard output of a command that writes what comes, line by line, until it is interrupted.
/// SIGPIPE has to be ignored.
class LiveOutput {
public:
    explicit LiveOutput(const Common& common) : common_{common} {}
    LiveOutput(const LiveOutput&) = delete;
    LiveOutput& operator=(const LiveOutput&) = delete;

    /// Writes at once, waiting as long as the reader takes, unless it has ended. Any thread.
    void write(std::string_view text);
    /// Ends it with this exit code, unless it has one. Any thread.
    void end(int code);
    /// Says on standard error that so many events were dropped in all, but not more than once a second
    /// unless it is the `last` time. Any thread.
    void report_dropped(std::uint64_t dropped, bool last = false);

    /// Waits for the end: 130 when interrupted, 141 when the reader of the output went away.
    [[nodiscard]] int wait();

private:
    const Common& common_;
    const StopSignal signal_;
    Bell ended_;
    std::atomic<int> code_ = -1; ///< none
    std::mutex writing_;
    std::mutex reporting_; // guards the two below
    std::uint64_t reported_ = 0;
    Clock::time_point reported_at_{};
};

} // namespace malla::cli
