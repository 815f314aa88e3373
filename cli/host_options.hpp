// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "malla/base/result.hpp"

namespace CLI {
class App;
}

namespace malla::cli {

// run and serve.

void add_hosts(CLI::App& app);
[[nodiscard]] Result<Command> read_run(const CLI::App& app);
[[nodiscard]] Result<Command> read_serve(const CLI::App& app);

} // namespace malla::cli
