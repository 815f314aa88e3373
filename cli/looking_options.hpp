// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "malla/base/result.hpp"

namespace CLI {
class App;
}

namespace malla::cli {

/// Adds `trace` and `tap`.
void add_looking(CLI::App& app);
[[nodiscard]] Result<Command> read_trace(const CLI::App& app);
[[nodiscard]] Result<Command> read_tap(const CLI::App& app);

} // namespace malla::cli
