// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace malla::cli {

/// How often something took how long. A time is known to one part in 32, whatever its size; the extremes exactly.
///
/// The buckets are those of HdrHistogram: 32 of equal width for each power of two.
class Histogram {
public:
    struct Bucket {
        Clock::duration from; ///< included
        Clock::duration to;   ///< not included
        std::uint64_t count;
    };

    void add(Clock::duration time) noexcept;
    void add(const Histogram& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] Clock::duration longest() const noexcept { return longest_; }
    /// The time that this part of them, 0 to 1, did not exceed; zero when there are none.
    [[nodiscard]] Clock::duration quantile(double part) const noexcept;
    /// The powers of two, from the first to the last that holds any.
    [[nodiscard]] std::vector<Bucket> powers() const;

private:
    static constexpr std::size_t steps = 32; ///< for each power of two
    static constexpr std::size_t powers_of_two = 60;

    std::array<std::uint64_t, steps * powers_of_two> counts_{};
    std::uint64_t count_ = 0;
    Clock::duration longest_{0};
};

/// Three digits and a unit: "88.1 us", "1.25 ms", "12 ns".
[[nodiscard]] std::string short_time(Clock::duration time);

} // namespace malla::cli
