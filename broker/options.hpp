// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/transport/credentials.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace malla::broker {

enum class LogFormat : std::uint8_t { text, json };

/// What the command line and the configuration file say together.
struct Options {
    std::vector<std::string> bind;
    std::string cluster = "malla";
    transport::CredentialFiles credentials;
    bool insecure = false;
    bool relays = true;
    LogFormat log_format = LogFormat::text;
    std::uint16_t pub_port = 0; ///< has no effect: nothing is bound for those who publish
    std::uint16_t sub_port = 0;
};

/// The options, or the exit code of a command line that asks for no broker (help, version,
/// mistakes), which has been said by then.
[[nodiscard]] std::variant<Options, int> read_options(int argc, char** argv);

/// What a configuration file says; what it leaves out is empty.
struct ConfigFile {
    std::vector<std::string> bind;
    std::optional<std::string> cluster;
    std::optional<std::string> secret_file;
    std::optional<std::string> key_file;
    std::optional<std::string> allow;
    std::optional<bool> insecure;
    std::optional<bool> no_relay;
    std::optional<std::string> log_format;
    std::optional<std::uint16_t> pub_port;
    std::optional<std::uint16_t> sub_port;
};

/// TOML, or JSON where the name ends in ".json". Its keys are those of the command line.
/// `bad_request` says which key is wrong.
[[nodiscard]] Result<ConfigFile> read_config(const std::string& path);

} // namespace malla::broker
