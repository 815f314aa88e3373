// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.hpp"

#include "cli/usage.hpp"
#include "malla/node/options.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace malla::cli {

namespace {

template <class T>
T either(T first, T second) {
    const bool said = [&] {
        if constexpr (requires { first.has_value(); }) return first.has_value();
        else return !first.empty();
    }();
    return said ? std::move(first) : std::move(second);
}

Result<Format> read_format(const std::string& place, std::string_view text) {
    constexpr std::array names = std::to_array<std::pair<std::string_view, Format>>(
        {{"auto", Format::automatic}, {"json", Format::json}, {"text", Format::text}, {"raw", Format::raw}});
    for (const auto& [name, format] : names)
        if (text == name) return format;
    return usage_error(place + ": unknown format '" + std::string{text} + "'", "one of auto, json, text, raw");
}

} // namespace

Environment process_environment() {
    return [](std::string_view name) -> std::optional<std::string> {
        const char* value = std::getenv(std::string{name}.c_str());
        if (value == nullptr || *value == '\0') return std::nullopt;
        return value;
    };
}

Settings environment_settings(const Environment& environment) {
    Settings settings;
    settings.brokers = split_endpoints(environment("MALLA_BROKER").value_or(""));
    settings.peers = split_endpoints(environment("MALLA_PEER").value_or(""));
    settings.loopback = environment("MALLA_LOOPBACK");
    settings.cluster = environment("MALLA_CLUSTER");
    settings.secret_file = environment("MALLA_SECRET_FILE");
    settings.key_file = environment("MALLA_KEY_FILE");
    settings.allow_file = environment("MALLA_ALLOW");
    settings.timeout = environment("MALLA_TIMEOUT");
    settings.timeout_name = "MALLA_TIMEOUT";
    return settings;
}

Settings prefer(Settings first, Settings second) {
    Settings settings;
    settings.brokers = either(std::move(first.brokers), std::move(second.brokers));
    settings.peers = either(std::move(first.peers), std::move(second.peers));
    settings.loopback = either(std::move(first.loopback), std::move(second.loopback));
    settings.cluster = either(std::move(first.cluster), std::move(second.cluster));
    // They go together: a key said here is not joined by a secret said there.
    auto& credentials = first.secret_file || first.key_file ? first : second;
    settings.secret_file = std::move(credentials.secret_file);
    settings.key_file = std::move(credentials.key_file);
    settings.allow_file = either(std::move(first.allow_file), std::move(second.allow_file));
    settings.timeout_name = first.timeout ? first.timeout_name : second.timeout_name;
    settings.timeout = either(std::move(first.timeout), std::move(second.timeout));
    settings.format_name = first.format ? first.format_name : second.format_name;
    settings.format = either(std::move(first.format), std::move(second.format));
    settings.insecure = first.insecure || second.insecure;
    return settings;
}

Result<Clock::duration> read_duration(std::string_view name, std::string_view text) {
    if (const auto duration = parse_duration(text)) return *duration;
    return usage_error(std::string{name} + ": '" + std::string{text} + "' is no duration",
                       "a number and a unit, such as 200ms, 5s or 2m");
}

Result<MeshOptions> resolve(Settings settings) {
    MeshOptions options;
    options.brokers = std::move(settings.brokers);
    options.peers = std::move(settings.peers);
    if (settings.loopback) options.loopback = *std::move(settings.loopback);
    if (settings.cluster) options.cluster = *std::move(settings.cluster);
    if (settings.secret_file) options.credentials.secret = *std::move(settings.secret_file);
    if (settings.key_file) options.credentials.key = *std::move(settings.key_file);
    if (settings.allow_file) options.credentials.allow = *std::move(settings.allow_file);
    options.insecure = settings.insecure;
    if (settings.timeout) {
        const auto timeout = read_duration(settings.timeout_name, *settings.timeout);
        if (!timeout) return timeout.error();
        options.timeout = *timeout;
    }
    if (settings.format) {
        const auto format = read_format(settings.format_name, *settings.format);
        if (!format) return format.error();
        options.format = *format;
    }
    return options;
}

} // namespace malla::cli
