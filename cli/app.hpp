// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

/// How commands say what options they have, and read what was given.
namespace malla::cli {

/// An option with a value, the last of which counts.
CLI::Option* value(CLI::App& app, const std::string& names, const std::string& type, const std::string& description);
/// An option with a value that may be given several times.
CLI::Option* values(CLI::App& app, const std::string& names, const std::string& type, const std::string& description);
void flag(CLI::App& app, const std::string& names, const std::string& description);
/// Words without an option, `most` at most.
CLI::Option* names(CLI::App& app, const std::string& name, const std::string& description, int most = 1);

[[nodiscard]] std::vector<std::string> texts(const CLI::App& app, const std::string& name);
[[nodiscard]] std::optional<std::string> text(const CLI::App& app, const std::string& name);
[[nodiscard]] bool flag(const CLI::App& app, const std::string& name);
/// A whole number from 1.
[[nodiscard]] Result<std::uint64_t> count(const CLI::App& app, const std::string& name, std::uint64_t otherwise);
/// As `read_duration`.
[[nodiscard]] Result<Clock::duration> duration(const CLI::App& app, const std::string& name, Clock::duration otherwise);
/// The words named ARGUMENT.
[[nodiscard]] Arguments arguments(const CLI::App& app);

/// The command of that name; null when there is none.
[[nodiscard]] const CLI::App* command_named(const CLI::App& app, const std::string& name);

/// Ends the help of a command with lines to try; the tests run each of them.
void examples(CLI::App& command, std::initializer_list<const char*> lines);

} // namespace malla::cli
