// SPDX-License-Identifier: Apache-2.0
#include "plugins/spdlog/backend.hpp"

#include "plugins/spdlog/levels.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace malla::plugins {

namespace {

spdlog::logger& logger() {
    static spdlog::logger instance{"malla", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
    return instance;
}

void to_spdlog(LogLevel level, std::string_view text) noexcept { logger().log(spdlog_level(level), text); }

} // namespace

LogSink log_with_spdlog(LogLevel least) {
    logger().set_level(spdlog_level(least));
    return set_log_sink(to_spdlog, least);
}

Result<void> Spdlog::start(const Starting& starting) {
    const auto least = level_in(starting.config, "Spdlog");
    if (!least) return least.error();
    before_ = log_with_spdlog(*least);
    return {};
}

void Spdlog::stop() noexcept { set_log_sink(before_); }

} // namespace malla::plugins
