// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "malla/base/result.hpp"

#include <string_view>

namespace malla::cli {

/// Writes to standard output at once. Gives the code that the process ends with: 0, 141 when its
/// reader went away, 1 and a line on standard error when it cannot be written.
[[nodiscard]] int print(std::string_view text);

/// Likewise as suits where it goes; people are told on standard error that there is nothing. Gives `code` where nothing
/// worse happens.
[[nodiscard]] int print(const Listing& listing, const Common& common, int code = 0);

/// Writes to standard error.
void print_error(std::string_view text);

/// Writes why a command failed to standard error, unless it is to be quiet; gives the exit code.
[[nodiscard]] int fail(const Status& status, const Common& common);

/// Ends the process at once, without taking connections apart: for a command that hosts nothing, has written all that
/// it has to say, and waits for nothing that was sent. To leave a mesh in order takes as long as to join it.
[[noreturn]] void leave(int code) noexcept;

} // namespace malla::cli
