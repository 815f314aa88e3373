// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "cli/operated.hpp"

namespace malla::cli {

/// Measures the calls that come, until there are enough, the time is over or it is interrupted; writes what it knows
/// then, a row for each link of each instance. Gives the exit code.
[[nodiscard]] int explain_time(const ExplainCommand& command, const Common& common, const Operated& operated);

} // namespace malla::cli
