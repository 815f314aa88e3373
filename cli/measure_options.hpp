// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

namespace CLI {
class App;
}

namespace malla::cli {

// ping and bench.

void add_measures(CLI::App& app);
[[nodiscard]] Result<Command> read_ping(const CLI::App& app);
[[nodiscard]] Result<Command> read_bench(const CLI::App& app);

} // namespace malla::cli
