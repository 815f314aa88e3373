// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/line_queue.hpp"
#include "cli/lines_worker.hpp"

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// Long-lived shell commands as a function from line to line: each answers each line that it reads with one line, in
/// the same order, and has to write each at once. A call goes to a command that has nothing to do, if there is one;
/// one that answers quickly is written lines ahead.
///
/// A command that ends, that writes a line which answers nothing, or that leaves the line of a call without an answer
/// until that call ends, is killed: which of its further lines would answer what cannot be told. The calls that it was
/// written fail, `unknown` whether they ran; the others go to the next one, which is started at growing intervals as
/// long as none answers anything. While the shell finds no program to run, calls are refused as `command_failed`, which
/// is looked for at these intervals. Any thread; SIGPIPE has to be ignored.
class LinesService {
public:
    struct Options {
        LinesWorker::Options command;
        std::size_t workers = 1;
        std::size_t max_calls = 4096; ///< under way or waiting; further ones are `busy`
    };

    /// Starts the commands. Throws `std::system_error` where the system has no thread left.
    explicit LinesService(const Options& options);
    /// Kills the commands; no call may be under way.
    ~LinesService() = default;
    LinesService(const LinesService&) = delete;
    LinesService& operator=(const LinesService&) = delete;

    /// Writes `line` to a command and waits for the line that answers it. `parameter_invalid` for a text with a line
    /// break; `busy`, or `command_failed`, not run, when there is no program to run; `expired` or `cancelled` when it
    /// was not written by the deadline or until `stop` was requested, `deadline_exceeded` or `command_failed`, unknown,
    /// when it was.
    [[nodiscard]] Result<std::string> call(std::string_view line, Deadline deadline, const std::stop_token& stop = {});

private:
    const std::string command_;
    const std::size_t max_calls_;
    std::size_t calls_ = 0;
    LineQueue queue_;
    std::vector<std::unique_ptr<LinesWorker>> workers_;
};

} // namespace malla::cli
