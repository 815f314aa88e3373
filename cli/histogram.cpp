// SPDX-License-Identifier: Apache-2.0
#include "cli/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <utility>

namespace malla::cli {

namespace {

constexpr unsigned step_bits = 5;

/// Small ones have a bucket each; of others the five bits behind the first one count.
std::size_t index_of(std::uint64_t ns) noexcept {
    if (ns < (1U << step_bits)) return ns;
    const auto power = static_cast<unsigned>(std::bit_width(ns)) - 1;
    return ((power - step_bits + 1) << step_bits) + ((ns >> (power - step_bits)) & ((1U << step_bits) - 1));
}

std::uint64_t end_of(std::size_t index) noexcept {
    if (index < (1U << step_bits)) return index + 1;
    const auto power = (index >> step_bits) + step_bits - 1;
    const std::uint64_t step = index & ((1U << step_bits) - 1);
    return ((1ULL << step_bits) + step + 1) << (power - step_bits);
}

} // namespace

void Histogram::add(Clock::duration time) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max(time, Clock::duration::zero()).count());
    ++counts_[std::min(index_of(ns), counts_.size() - 1)];
    ++count_;
    longest_ = std::max(longest_, time);
}

void Histogram::add(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    longest_ = std::max(longest_, other.longest_);
}

Clock::duration Histogram::quantile(double part) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen > 0 && seen >= wanted) return std::min(Clock::duration{end_of(i) - 1}, longest_);
    }
    return longest_;
}

std::vector<Histogram::Bucket> Histogram::powers() const {
    std::vector<Bucket> found;
    std::vector<Bucket> empty; // between those that hold any
    for (std::size_t first = 0; first < counts_.size(); first += steps) {
        std::uint64_t count = 0;
        for (std::size_t i = first; i < first + steps; ++i) count += counts_[i];
        const auto from = first == 0 ? 0 : end_of(first - 1);
        empty.push_back({Clock::duration{from}, Clock::duration{end_of(first + steps - 1)}, count});
        if (count == 0 && found.empty()) empty.clear();
        if (count == 0) continue;
        found.insert(found.end(), empty.begin(), empty.end());
        empty.clear();
    }
    return found;
}

std::string short_time(Clock::duration time) {
    constexpr std::array units =
        std::to_array<std::pair<double, const char*>>({{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}});
    const auto ns = static_cast<double>(time.count());
    const auto* unit = std::ranges::find_if(units, [&](const auto& each) { return ns >= each.first; });
    if (unit == units.end()) return "0 ns";
    const double value = ns / unit->first;
    std::array<char, 32> text{};
    const int digits = unit->first == 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
    std::snprintf(text.data(), text.size(), "%.*f %s", digits, value, unit->second);
    return text.data();
}

} // namespace malla::cli
