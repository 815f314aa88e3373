// SPDX-License-Identifier: Apache-2.0
#include "plugins/spdlog/levels.hpp"

#include <array>

namespace malla::plugins {

namespace {

constexpr std::array levels{LogLevel::debug, LogLevel::info, LogLevel::notice, LogLevel::warning, LogLevel::error};

} // namespace

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
    switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info:
    case LogLevel::notice: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

Result<LogLevel> level_in(const Json& settings, const std::string& path) {
    const Json* named = settings.find("level");
    if (!named) return LogLevel::info;
    for (const auto level : levels)
        if (named->is_string() && name_of(level) == named->as_string()) return level;
    const std::string where = path + ".level";
    return Status{"field_invalid", where}.set_info(where + " is one of debug, info, notice, warning, error");
}

} // namespace malla::plugins
