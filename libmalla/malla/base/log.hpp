// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace malla {

enum class LogLevel : std::uint8_t { debug, info, notice, warning, error };

[[nodiscard]] std::string_view name_of(LogLevel level) noexcept;

/// Where the library's log lines go. Called from any thread; must not call back into malla.
using LogSink = void (*)(LogLevel level, std::string_view text) noexcept;

/// Replaces the sink, which at first writes warnings and errors to standard error; returns the one
/// before. It gets the lines of level `least` and above. Any thread.
LogSink set_log_sink(LogSink sink, LogLevel least = LogLevel::debug) noexcept;

/// Whether the sink gets lines of that level: for those that would have to build the text first. Any thread.
[[nodiscard]] bool is_logged(LogLevel level) noexcept;

/// Hands one line to the sink, unless its level is too low. Any thread.
void log(LogLevel level, std::string_view text) noexcept;

} // namespace malla
