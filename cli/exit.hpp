// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/status.hpp"

namespace malla::cli {

// What the process ends with where the status table has no code: as a shell says it of a process
// that a signal ended.
inline constexpr int exit_interrupted = 130;
inline constexpr int exit_reader_gone = 141;

[[nodiscard]] constexpr int exit_code(ExitCode code) noexcept { return static_cast<int>(code); }

/// What a failure ends with. Arguments that are too large are refused by the command: no other instance would take
/// them.
[[nodiscard]] inline int exit_code(const Status& status) noexcept {
    const bool is_refused_here = status.id() == "body_too_large" && status.outcome() == Outcome::not_run;
    return exit_code(is_refused_here ? ExitCode::usage : status.exit_code());
}

} // namespace malla::cli
