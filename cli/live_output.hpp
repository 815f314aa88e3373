// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/bell.hpp"
#include "cli/commands.hpp"
#include "malla/node/stop_signal.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
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
    /// Waits for the end: 130 when interrupted, 141 when the reader of the output went away. Says meanwhile
    /// on standard error how many events were dropped in all, whenever there are more, once a second at
    /// most and at the end.
    [[nodiscard]] int wait(const std::function<std::uint64_t()>& dropped);

private:
    void report(std::uint64_t dropped);

    const Common& common_;
    const StopSignal signal_;
    Bell ended_;
    std::atomic<int> code_ = -1; ///< none
    std::mutex writing_;
    std::uint64_t reported_ = 0; ///< of the events dropped
};

} // namespace malla::cli
