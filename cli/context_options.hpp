// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

namespace CLI {
class App;
}

namespace malla::cli {

void add_context(CLI::App& app);
/// `settings`: what the command line says of the mesh.
[[nodiscard]] Result<Command> read_context(const CLI::App& app, Settings settings);

} // namespace malla::cli
