// SPDX-License-Identifier: Apache-2.0
#include "malla/base/deadline.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace malla {

namespace {

struct Unit {
    std::string_view name;
    std::chrono::nanoseconds length;
};

using namespace std::chrono_literals;

constexpr std::array units = std::to_array<Unit>({
    {"h", 1h},
    {"m", 1min},
    {"s", 1s},
    {"ms", 1ms},
    {"us", 1us},
    {"ns", 1ns},
});

} // namespace

std::optional<Clock::duration> parse_duration(std::string_view text) noexcept {
    double count = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
    if (error != std::errc{} || !(count >= 0)) return std::nullopt;
    const std::string_view name{rest, text.data() + text.size()};
    const auto unit = std::ranges::find(units, name, &Unit::name);
    if (unit == units.end()) return std::nullopt;
    const double length = std::round(count * static_cast<double>(unit->length.count()));
    if (length >= static_cast<double>(std::chrono::nanoseconds::max().count())) return std::nullopt;
    return std::chrono::nanoseconds{static_cast<std::chrono::nanoseconds::rep>(length)};
}

std::string duration_text(Clock::duration duration) {
    const std::chrono::nanoseconds length = duration;
    if (length == 0ns) return "0s";
    const auto unit = std::ranges::find_if(units, [&](const Unit& each) { return length % each.length == 0ns; });
    return std::to_string(length / unit->length).append(unit->name);
}

} // namespace malla
