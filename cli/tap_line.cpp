// SPDX-License-Identifier: Apache-2.0
#include "cli/tap_line.hpp"

#include "cli/terminal.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include <unistd.h>

namespace malla::cli {

namespace {

constexpr std::size_t shown_characters = 40; // of arguments and of a result, on a terminal
constexpr std::size_t null_bytes = 4;        // what has more and is null here is not shown

/// "2025-06-01T12:30:00.250417Z"
std::string time_text(std::int64_t unix_us) {
    const std::time_t seconds = unix_us / 1'000'000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(unix_us % 1'000'000));
    return std::string{text.data(), size} + fraction.data();
}

/// As JSON; empty for what has none.
std::string text_of(const Json& value) {
    const auto text = value.dump();
    return text ? *text : std::string{};
}

double microseconds(std::int64_t ns) { return std::round(static_cast<double>(ns) / 100) / 10; }

std::string json_line(std::string_view service, std::string_view node, const admin::TappedCall& call) {
    Json row = Json::object({{"time", time_text(call.at_us)},
                             {"service", service},
                             {"callback", call.callback},
                             {"node", node},
                             {"caller", call.caller},
                             {"arguments", call.arguments},
                             {"status", call.status}});
    if (call.status == "ok") row.set("result", call.result);
    else row.set("info", call.info);
    row.set("took_us", microseconds(call.took_ns));
    if (call.arguments.is_null()) row.set("arguments_bytes", call.arguments_bytes);
    if (call.result.is_null() && call.result_bytes > null_bytes) row.set("result_bytes", call.result_bytes);
    return text_of(row) + '\n';
}

/// The value, or how long it is where it is not shown.
std::string value_text(const Json& value, std::uint64_t bytes) {
    return value.is_null() && bytes > null_bytes ? '(' + std::to_string(bytes) + " bytes)" : text_of(value);
}

std::string on_line(const std::string& text, const TapStyle& style) {
    return style.on_terminal ? shortened(text, shown_characters) : text;
}

std::string arguments_text(const admin::TappedCall& call, const TapStyle& style) {
    const std::string text = value_text(call.arguments, call.arguments_bytes);
    const bool listed = call.arguments.is_array() && text.size() >= 2;
    return on_line(listed ? text.substr(1, text.size() - 2) : text, style);
}

std::string result_text(const admin::TappedCall& call, const TapStyle& style) {
    if (call.status != "ok") return "! " + call.status + (call.info.empty() ? "" : ": " + call.info);
    if (call.result.is_null() && call.result_bytes <= null_bytes) return "ok";
    return "= " + on_line(value_text(call.result, call.result_bytes), style);
}

} // namespace

TapStyle tap_style(const Common& common) {
    const bool on_terminal = terminal_of(STDOUT_FILENO, process_environment()).is_terminal;
    return {is_for_people(common.mesh.format, on_terminal), on_terminal};
}

std::string tap_line(std::string_view service, std::string_view node, const admin::TappedCall& call,
                     const TapStyle& style) {
    if (!style.for_people) return json_line(service, node, call);
    std::array<char, 32> took{};
    std::snprintf(took.data(), took.size(), "%.1f us", microseconds(call.took_ns));
    std::string line = time_text(call.at_us).substr(11, 12); // to the millisecond
    line.append(" ").append(node).append(" ").append(call.caller).append(" ").append(call.callback);
    line += '(' + arguments_text(call, style) + ") " + result_text(call, style);
    line += ' ' + std::string{took.data()};
    return harmless(line, false) + '\n';
}

} // namespace malla::cli
