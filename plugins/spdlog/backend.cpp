// SPDX-License-Identifier: Apache-2.0
#include "plugins/spdlog/backend.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <optional>
#include <string>

namespace malla::plugins {

namespace {

constexpr std::array levels{LogLevel::debug, LogLevel::info, LogLevel::notice, LogLevel::warning, LogLevel::error};

// spdlog has no notice.
spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info:
    case LogLevel::notice: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

spdlog::logger& logger() {
    static spdlog::logger instance{"malla", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
    return instance;
}

void to_spdlog(LogLevel level, std::string_view text) noexcept { logger().log(level_of(level), text); }

std::optional<LogLevel> level_named(std::string_view name) {
    for (const auto level : levels)
        if (name_of(level) == name) return level;
    return std::nullopt;
}

} // namespace

LogSink log_with_spdlog(LogLevel least) {
    logger().set_level(level_of(least));
    return set_log_sink(to_spdlog, least);
}

Result<void> Spdlog::start(const Starting& starting) {
    LogLevel least = LogLevel::info;
    if (const Json* level = starting.config.find("level")) {
        const auto named = level->is_string() ? level_named(level->as_string()) : std::nullopt;
        if (!named)
            return Status{"field_invalid", "Spdlog.level"}.set_info(
                "Spdlog.level is one of debug, info, notice, warning, error");
        least = *named;
    }
    before_ = log_with_spdlog(least);
    return {};
}

void Spdlog::stop() noexcept { set_log_sink(before_); }

} // namespace malla::plugins
