// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

namespace malla::cli {

// One for each command, in a file of its name. Each gives the code that the process ends with.

[[nodiscard]] int run(const HelpCommand& command, const Common& common);
[[nodiscard]] int run(const VersionCommand& command, const Common& common);

} // namespace malla::cli
