// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/log.hpp"
#include "malla/chain/service.hpp"
#include "malla/service/starting.hpp"

namespace malla::plugins {

/// Sends the library's log lines of `least` and above to spdlog, on standard error. Returns the sink
/// that was there before.
LogSink log_with_spdlog(LogLevel least);

/// No callbacks: it is started for what it does.
struct SpdlogApi : Api<"Spdlog"> {};

/// The same as something that a node hosts, linked in or from spdlog.so: from its start to its stop
/// spdlog is the log. Configuration: `{"Spdlog": {"level": "debug"}}`, info where it is not given.
struct Spdlog : Service<SpdlogApi> {
    static constexpr bool local = true;

    Result<void> start(const Starting& starting);
    void stop() noexcept;

private:
    LogSink before_ = nullptr;
};

} // namespace malla::plugins
