// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/log.hpp"
#include "malla/base/result.hpp"

#include <spdlog/common.h>

#include <string>

namespace malla::plugins {

/// spdlog has no notice: that is info there.
[[nodiscard]] spdlog::level::level_enum spdlog_level(LogLevel level) noexcept;

/// The `level` of settings that stand at `path` in a configuration, info where there is none.
/// `field_invalid` for what is no level.
[[nodiscard]] Result<LogLevel> level_in(const Json& settings, const std::string& path);

} // namespace malla::plugins
