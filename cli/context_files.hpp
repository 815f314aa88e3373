// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/settings.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

// Contexts are the files `malla/contexts/NAME.toml` or `.json` below $XDG_CONFIG_HOME or ~/.config; the file
// `malla/context` holds the name of the one that is used where none is said.

[[nodiscard]] std::filesystem::path contexts_folder(const Environment& environment);
/// In alphabetical order.
[[nodiscard]] std::vector<std::string> context_names(const Environment& environment);
[[nodiscard]] std::optional<std::filesystem::path> context_file(std::string_view name, const Environment& environment);

/// The one that is used where none is said: `default` unless another was chosen.
[[nodiscard]] std::string chosen_context(const Environment& environment);
/// Chooses one; `default` forgets what was chosen.
[[nodiscard]] Result<void> choose_context(std::string_view name, const Environment& environment);

/// Writes a context. Its paths must be absolute.
[[nodiscard]] Result<void> write_context(std::string_view name, const Settings& settings,
                                         const Environment& environment);

/// What is wrong with a name, if anything is.
[[nodiscard]] std::optional<Status> context_name_fault(std::string_view name);
/// With the nearest one as a hint.
[[nodiscard]] Status unknown_context(const std::string& name, const Environment& environment);

} // namespace malla::cli
