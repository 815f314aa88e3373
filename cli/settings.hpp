// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/transport/credentials.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// Looks a variable of the environment up; one that is empty counts as not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The environment of this process.
[[nodiscard]] Environment process_environment();

enum class Format : std::uint8_t { automatic, json, text, raw };

/// Whether what is not the result of a call is written for people: with `text`, and on a terminal unless told
/// otherwise.
[[nodiscard]] constexpr bool is_for_people(Format format, bool on_terminal) noexcept {
    return format == Format::text || (format == Format::automatic && on_terminal);
}

/// How the mesh is found and how results are shown, as every command needs it.
struct MeshOptions {
    std::vector<std::string> brokers;
    std::vector<std::string> peers;
    std::string loopback = "tcp://127.0.0.1:6255";
    std::string cluster = "malla";
    transport::CredentialFiles credentials;
    bool insecure = false;
    Clock::duration timeout = std::chrono::seconds{15};
    Format format = Format::automatic;
};

/// What one place (the command line, the environment, a context file) says of `MeshOptions`.
/// Empty lists and absent texts say nothing.
struct Settings {
    std::vector<std::string> brokers;
    std::vector<std::string> peers;
    std::optional<std::string> loopback;
    std::optional<std::string> cluster;
    std::optional<std::string> secret_file;
    std::optional<std::string> key_file;
    std::optional<std::string> allow_file;
    std::optional<std::string> timeout;
    std::optional<std::string> format;
    bool insecure = false;
    std::string timeout_name = "--timeout"; ///< where it was said, for those who are told that it is wrong
    std::string format_name = "--format";
};

/// What the variables MALLA_BROKER, MALLA_PEER (both comma-separated), MALLA_LOOPBACK and so on say.
[[nodiscard]] Settings environment_settings(const Environment& environment);

/// What the context `name` says: `malla/contexts/NAME.toml` or `.json` below $XDG_CONFIG_HOME or
/// ~/.config, whose members are the long names of the options. Only the context `default` need not exist.
[[nodiscard]] Result<Settings> context_settings(std::string_view name, const Environment& environment);

/// Each value of `first`, and where it has none that of `second`.
[[nodiscard]] Settings prefer(Settings first, Settings second);

/// Reads the values; what none of the places said keeps its default.
[[nodiscard]] Result<MeshOptions> resolve(Settings settings);

/// Reads a duration that option `name` was given.
[[nodiscard]] Result<Clock::duration> read_duration(std::string_view name, std::string_view text);

} // namespace malla::cli
