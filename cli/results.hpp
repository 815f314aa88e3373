// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "malla/node/node.hpp"

namespace malla::cli {

/// Writes the values of a stream to standard output as they come, a line each, and why it ended early to
/// standard error. Gives the exit code: that of the status, 130 when interrupted, 141 when the reader of the
/// output went away; then the handler is stopped. SIGPIPE has to be ignored. `interrupt` is readable when it is
/// to end at once.
[[nodiscard]] int write_results(RemoteStream<std::string> stream, const ResultStyle& style, const Common& common,
                                int interrupt);

} // namespace malla::cli
