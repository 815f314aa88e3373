// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/status.hpp"

namespace malla::cli {

// What the process ends with where the status table has no code: as a shell says it of a process
// that a signal ended.
inline constexpr int exit_interrupted = 130;
inline constexpr int exit_reader_gone = 141;

[[nodiscard]] constexpr int exit_code(ExitCode code) noexcept { return static_cast<int>(code); }

} // namespace malla::cli
