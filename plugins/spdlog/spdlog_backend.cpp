// SPDX-License-Identifier: Apache-2.0
#include "plugins/spdlog/spdlog_backend.hpp"

#include "plugins/spdlog/levels.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace malla::plugins {

namespace {

/// Without a level: each service has its own.
spdlog::logger& logger() {
    static spdlog::logger instance = [] {
        spdlog::logger made{"malla", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
        made.set_level(spdlog::level::trace);
        return made;
    }();
    return instance;
}

Result<LogLevel> level_of(const Json& config) {
    const Json* settings = config.find("spdlog");
    if (!settings) return LogLevel::info;
    if (!settings->is_object()) return Status{"field_invalid", "spdlog"}.set_info("spdlog is an object");
    return level_in(*settings, "spdlog");
}

} // namespace

Result<void> SpdlogBackend::config(const Json& config) {
    const auto level = level_of(config);
    return level ? Result<void>{} : level.error();
}

Result<void> SpdlogBackend::start(const Starting& starting) { return updated({}, starting.config); }

Result<void> SpdlogBackend::updated(const Json&, const Json& now) {
    const auto level = level_of(now);
    if (!level) return level.error();
    least_ = *level;
    return {};
}

Flow<trace::WriteLog> SpdlogBackend::on(trace::WriteLog, const trace::LogRecord& record) {
    const LogLevel level = trace::log_level(record.level);
    if (level >= least_) logger().log(spdlog_level(level), trace::line_of(record));
    return answer;
}

} // namespace malla::plugins
