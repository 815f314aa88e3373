// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "malla/base/result.hpp"

namespace CLI {
class App;
}

namespace malla::cli {

/// Adds the options by which a call chooses among instances.
void add_choice(CLI::App& call);
/// Reads them.
[[nodiscard]] Result<void> read_choice(const CLI::App& app, CallCommand& call);

} // namespace malla::cli
