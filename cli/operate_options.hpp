// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

namespace CLI {
class App;
}

namespace malla::cli {

// plugins, config, explain, pause, resume, stop, drain and ready.

void add_operations(CLI::App& app);
[[nodiscard]] Result<Command> read_plugins(const CLI::App& app);
[[nodiscard]] Result<Command> read_config(const CLI::App& app);
[[nodiscard]] Result<Command> read_explain(const CLI::App& app);
[[nodiscard]] Command read_lifecycle(const CLI::App& app, LifecycleCommand::Wish wish);

} // namespace malla::cli
