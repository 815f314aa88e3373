// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "malla/base/result.hpp"

namespace CLI {
class App;
}

namespace malla::cli {

/// pub, sub and watch.
void add_events(CLI::App& app);

[[nodiscard]] Result<Command> read_pub(const CLI::App& app);
[[nodiscard]] Result<Command> read_sub(const CLI::App& app);
[[nodiscard]] Result<Command> read_watch(const CLI::App& app);

} // namespace malla::cli
