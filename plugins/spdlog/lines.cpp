// SPDX-License-Identifier: Apache-2.0
#include "plugins/spdlog/lines.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace malla::plugins {

namespace {

/// spdlog has no notice: that is info there.
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

/// Takes every level: whoever writes has chosen.
spdlog::logger& logger() {
    static spdlog::logger instance = [] {
        spdlog::logger made{"malla", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
        made.set_level(spdlog::level::trace);
        return made;
    }();
    return instance;
}

} // namespace

void write_to_spdlog(LogLevel level, std::string_view text) noexcept { logger().log(spdlog_level(level), text); }

} // namespace malla::plugins
