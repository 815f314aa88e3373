// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/log.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/service/starting.hpp"
#include "malla/service/trace_api.hpp"

#include <atomic>

namespace malla::plugins {

/// Sends what the code of its service logs to spdlog, on standard error, at a level of its own,
/// whatever the sink of the program is. Configuration: `{"spdlog": {"level": "debug"}}`, info where it
/// is not given; what is below goes nowhere. Linked in, or from spdlog_backend.so.
struct SpdlogBackend : Plugin {
    using Callbacks = malla::Callbacks<trace::WriteLog>;

    Result<void> config(const Json& config);
    Result<void> start(const Starting& starting);
    Result<void> updated(const Json& before, const Json& now);

    Flow<trace::WriteLog> on(trace::WriteLog, const trace::LogRecord& record);

private:
    std::atomic<LogLevel> least_ = LogLevel::info;
};

} // namespace malla::plugins
