// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"

#include <atomic>
#include <cstdio>

namespace malla {

namespace {

void to_standard_error(LogLevel level, std::string_view text) noexcept {
    if (level < LogLevel::warning) return;
    const auto name = name_of(level);
    std::fprintf(stderr, "malla: %.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
                 static_cast<int>(text.size()), text.data());
}

std::atomic<LogSink> current_sink = to_standard_error;
std::atomic<LogLevel> least_level = LogLevel::warning;

} // namespace

std::string_view name_of(LogLevel level) noexcept {
    switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::notice: return "notice";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    }
    return "error";
}

LogSink set_log_sink(LogSink sink, LogLevel least) noexcept {
    least_level.store(least, std::memory_order_relaxed);
    return current_sink.exchange(sink, std::memory_order_acq_rel);
}

bool is_logged(LogLevel level) noexcept { return level >= least_level.load(std::memory_order_relaxed); }

void log(LogLevel level, std::string_view text) noexcept {
    if (is_logged(level)) current_sink.load(std::memory_order_acquire)(level, text);
}

} // namespace malla
