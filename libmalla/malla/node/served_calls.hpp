// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace malla {

/// How many calls the handlers of a service have ended, how many of them failed, and how long they took.
///
/// One counter goes up for each call, two for one that failed. They have cache lines of their own, so that whoever
/// only reads what stands beside them does not wait for them.
class alignas(64) ServedCalls {
public:
    static constexpr std::size_t buckets = 32;

    void count(Clock::duration took, bool failed) noexcept {
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
        const auto power = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(std::max(us, {}))));
        took_[std::min(power, buckets - 1)].fetch_add(1, std::memory_order_relaxed);
        if (failed) [[unlikely]]
            errors_.fetch_add(1, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t errors() const noexcept { return errors_.load(std::memory_order_relaxed); }
    /// Those that took less than 2^`bucket` us, and not less than half of that; everything longer in the last one.
    [[nodiscard]] std::uint64_t took(std::size_t bucket) const noexcept {
        return took_[bucket].load(std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<std::uint64_t>, buckets> took_{};
    std::atomic<std::uint64_t> errors_ = 0;
};

} // namespace malla
