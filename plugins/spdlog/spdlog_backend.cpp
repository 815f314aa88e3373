// SPDX-License-Identifier: Apache-2.0
#include "plugins/spdlog/spdlog_backend.hpp"

#include "malla/codec/settings.hpp"
#include "plugins/spdlog/lines.hpp"

namespace malla::plugins {

namespace {

Result<LogSettings> settings_of(const Json& config) { return settings<LogSettings>(config, "spdlog"); }

} // namespace

Result<void> SpdlogBackend::config(const Json& config) {
    const auto given = settings_of(config);
    return given ? Result<void>{} : given.error();
}

Result<void> SpdlogBackend::start(const Starting& starting) { return updated({}, starting.config); }

Result<void> SpdlogBackend::updated(const Json&, const Json& now) {
    const auto given = settings_of(now);
    if (!given) return given.error();
    least_ = given->level;
    return {};
}

Flow<trace::WriteLog> SpdlogBackend::on(trace::WriteLog, const trace::LogRecord& record) {
    const LogLevel level = trace::log_level(record.level);
    if (level >= least_) write_to_spdlog(level, trace::line_of(record));
    return answer;
}

} // namespace malla::plugins
