// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

namespace CLI {
class App;
}

namespace malla::cli {

void add_top(CLI::App& app);
[[nodiscard]] Result<Command> read_top(const CLI::App& app);

} // namespace malla::cli
