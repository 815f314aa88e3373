// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// The options of one command, with their dashes, and whether each takes a value.
using OptionNames = std::map<std::string, bool, std::less<>>;

/// Which words of a command line are options, so that all others can be kept as they are.
struct Grammar {
    struct Command {
        OptionNames options;
        /// How many leading words are names. What follows is data, where a word is an option only if
        /// it is exactly one; `no_data` for a command whose words are all names.
        std::size_t names = no_data;
    };
    static constexpr std::size_t no_data = static_cast<std::size_t>(-1);

    OptionNames everywhere;
    std::map<std::string, Command, std::less<>> commands;
};

/// Marks every word that is not an option or a command, so that no parser of options reads it:
/// CLI11 would split `[1,2]` and drop `++`. Options and their values come out apart.
/// An unknown option or command is a `usage` error with the nearest name.
[[nodiscard]] Result<std::vector<std::string>> mark_words(std::span<const std::string> words, const Grammar& grammar);

/// The word under the mark; one without a mark as it is.
[[nodiscard]] std::string_view unmarked(std::string_view word) noexcept;

/// Whether the word is the `--` that stood after the names, which may be the end of the options or,
/// where the callback wants one more argument, data.
[[nodiscard]] bool is_separator(std::string_view word) noexcept;

} // namespace malla::cli
