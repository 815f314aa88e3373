// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"

#include <filesystem>

namespace malla::cli {

/// Reads a file of settings as an object: JSON where its name ends in `.json`, else TOML.
/// A file that cannot be read or is not well-formed is a `usage` error that says where.
[[nodiscard]] Result<Json> read_config_file(const std::filesystem::path& file);

} // namespace malla::cli
