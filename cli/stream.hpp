// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/output.hpp"
#include "cli/window.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace malla::cli {

struct StreamOptions {
    std::size_t in_flight = 1;
    bool unordered = false;
    bool keep_going = false;
    bool null_separated = false;
    bool progress = false;       ///< even if standard error is no terminal
    bool quiet = false;          ///< nothing on standard error
    std::uint64_t from_line = 1; ///< earlier lines are left out
    ResultStyle style;
};

/// The descriptors that a stream works on. Standard output's reader may go away: SIGPIPE has to be ignored.
struct StreamEnds {
    int input = 0;
    int output = 1;
    int error = 2;
    int interrupt = -1; ///< readable when the stream is to end at once, or -1
};

/// What a stream does with a line.
struct StreamSteps {
    /// The arguments that the line means.
    std::function<Result<std::string>(std::string_view line)> read;
    /// Begins the call, which may wait for others to be sent with.
    std::function<std::unique_ptr<StreamCall>(std::string arguments)> begin;
    /// Sends the calls that wait.
    std::function<void()> flush;
};

/// Makes a call for each line of the input and writes the results, each as soon as it may be.
///
/// A line that fails ends it after what is in flight was written, unless `keep_going`; standard error
/// says so, and names the first line that was not answered. Where standard error is a terminal and the output is none,
/// how far it has come is seen there. Gives the exit code: that of the first
/// failure, 130 when interrupted, 141 when the reader of the output went away.
[[nodiscard]] int run_stream(const StreamOptions& options, const StreamEnds& ends, const StreamSteps& steps);

} // namespace malla::cli
