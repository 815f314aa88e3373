// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace malla {

/// What its operator wants of a service. The values are those of the wire protocol.
enum class AdminStatus : std::uint8_t { active = 0, pause = 1, inactive = 2, drain = 3 };

/// What a service is doing. The values are those of the wire protocol.
enum class RunningStatus : std::uint8_t {
    starting = 0,
    running = 1,
    pausing = 2,
    paused = 3,
    stopping = 4,
    stopped = 5,
    failed = 6,
    draining = 7,
};

/// Whatever it does, unless it failed.
[[nodiscard]] constexpr bool is_live(RunningStatus status) noexcept { return status != RunningStatus::failed; }

/// Whether all its plugins have been started, and none was stopped.
[[nodiscard]] constexpr bool has_started_plugins(RunningStatus status) noexcept {
    using enum RunningStatus;
    return status == running || status == pausing || status == paused || status == draining;
}

[[nodiscard]] std::string_view name_of(AdminStatus status) noexcept;
[[nodiscard]] std::string_view name_of(RunningStatus status) noexcept;

} // namespace malla
