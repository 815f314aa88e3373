// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/child.hpp"
#include "malla/base/deadline.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace malla::cli {

/// A shell command as a function: a process for each call. Any thread; SIGPIPE has to be ignored.
class ExecService {
public:
    struct Options {
        std::string command;
        std::size_t max_processes = 1;             ///< at once; further calls wait for their turn
        std::optional<Clock::duration> limit = {}; ///< a command that runs longer is killed
        std::size_t max_output_bytes = 8UL << 20U;
        Guardian* guardian = nullptr; ///< outlives the service
    };

    explicit ExecService(Options options);

    /// Runs the command with `input` as its standard input, and `environment`, as NAME=VALUE, besides this
    /// process's. MALLA_DEADLINE_MS in it is the time that is left of that. Gives its standard output less one final
    /// newline; `command_failed` with its standard error when it fails, runs longer than the limit or
    /// writes too much; `expired` when it was never its turn, `cancelled` when `stop` was requested
    /// before. The whole process group is killed at the limit, at the deadline and when `stop` is requested.
    [[nodiscard]] Result<std::string> run(std::string_view input, Deadline deadline, const std::stop_token& stop,
                                          std::span<const std::string> environment = {});

private:
    class Turn;

    const Options options_;
    std::mutex mutex_;
    std::condition_variable_any turn_free_;
    std::size_t free_turns_;
};

} // namespace malla::cli
