// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "malla/base/result.hpp"

#include <filesystem>
#include <vector>

namespace malla::cli {

/// The commands of a file for `malla serve -f`: a table for each SERVICE.CALLBACK, whose keys are `exec`, `lines`,
/// `json`, `workers` and `limit`. What is wrong is a `usage` error that names file, table and key.
[[nodiscard]] Result<std::vector<ServedCommand>> read_serve_file(const std::filesystem::path& file);

} // namespace malla::cli
