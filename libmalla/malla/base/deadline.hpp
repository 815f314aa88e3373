// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

/// The only clock: it never jumps.
using Clock = std::chrono::steady_clock;

/// The instant after which nobody waits any more.
class Deadline {
public:
    constexpr explicit Deadline(Clock::time_point at) noexcept : at_{at} {}

    /// `limit` from now; a limit too long to add means the end of time.
    [[nodiscard]] static Deadline in(Clock::duration limit) noexcept {
        const auto now = Clock::now();
        return Deadline{limit < Clock::time_point::max() - now ? now + limit : Clock::time_point::max()};
    }

    [[nodiscard]] constexpr Clock::time_point at() const noexcept { return at_; }
    [[nodiscard]] constexpr bool passed(Clock::time_point now) const noexcept { return now >= at_; }
    /// Never negative.
    [[nodiscard]] constexpr Clock::duration left(Clock::time_point now) const noexcept {
        return std::max(at_ - now, Clock::duration::zero());
    }
    /// What is left as `poll` takes it: milliseconds, rounded up so that it does not wake before, at most 24 days.
    [[nodiscard]] constexpr int poll_timeout(Clock::time_point now) const noexcept {
        const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left(now)).count();
        return static_cast<int>(std::min<decltype(left_ms)>(left_ms, std::numeric_limits<int>::max()));
    }

    friend constexpr auto operator<=>(const Deadline&, const Deadline&) noexcept = default;

private:
    Clock::time_point at_;
};

/// Reads "200ms", "5s", "2m", "1h", "250us"; fractions such as "1.5s" too. Nothing for anything
/// else, negative values included.
[[nodiscard]] std::optional<Clock::duration> parse_duration(std::string_view text) noexcept;

/// Writes it in the largest unit that leaves no fraction: "200ms", "5s".
[[nodiscard]] std::string duration_text(Clock::duration duration);

} // namespace malla
