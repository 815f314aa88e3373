// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/log.hpp"
#include "malla/codec/field.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace malla {

constexpr auto enum_names(LogLevel) {
    using enum LogLevel;
    return std::array<std::pair<LogLevel, std::string_view>, 5>{
        {{debug, "debug"}, {info, "info"}, {notice, "notice"}, {warning, "warning"}, {error, "error"}}};
}

namespace plugins {

struct LogSettings {
    LogLevel level = LogLevel::info;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("level", level));
    }
};

/// Writes a line to spdlog, on standard error, whatever its level.
void write_to_spdlog(LogLevel level, std::string_view text) noexcept;

} // namespace plugins
} // namespace malla
