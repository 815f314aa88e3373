// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

#include <memory>
#include <span>
#include <string>

namespace CLI {
class App;
}

namespace malla::cli {

/// Reads a command line without its first word, with what the environment and the context add.
/// What is wrong with it is a `usage` error with a hint.
[[nodiscard]] Result<Invocation> read_command_line(std::span<const std::string> words, const Environment& environment);

/// Every command with its options, for those who describe them.
[[nodiscard]] std::unique_ptr<CLI::App> all_commands();

/// Whether the words ask for `--format json`, for errors that come before they could be read.
[[nodiscard]] bool asks_for_json(std::span<const std::string> words) noexcept;

} // namespace malla::cli
