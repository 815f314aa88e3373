// SPDX-License-Identifier: Apache-2.0
#include "plugins/spdlog/backend.hpp"

#include "malla/codec/settings.hpp"
#include "plugins/spdlog/lines.hpp"

namespace malla::plugins {

LogSink log_with_spdlog(LogLevel least) { return set_log_sink(write_to_spdlog, least); }

Result<void> Spdlog::start(const Starting& starting) {
    const auto given = settings<LogSettings>(starting.config);
    if (!given) return given.error();
    before_ = log_with_spdlog(given->level);
    return {};
}

void Spdlog::stop() noexcept { set_log_sink(before_); }

} // namespace malla::plugins
