// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/settings.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace malla::cli {

/// What a file descriptor is connected to, as far as output depends on it.
struct Terminal {
    bool is_terminal = false;
    bool colour = false;    ///< a terminal that is not dumb, and NO_COLOR is not set or empty
    std::size_t width = 80; ///< in columns
};

[[nodiscard]] Terminal terminal_of(int descriptor, const Environment& environment);

/// Text from elsewhere without the control characters that would command a terminal: each becomes
/// `?`, but line breaks and tabs stay where `lines` is true.
[[nodiscard]] std::string harmless(std::string_view text, bool lines);

/// The columns that UTF-8 text takes on a terminal: two for a wide character, none for one that joins the one before.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// The bytes of the first characters of `text` that take no more columns.
[[nodiscard]] std::size_t bytes_that_fit(std::string_view text, std::size_t columns) noexcept;

/// What fits into so many columns; what is longer ends in `…` within them.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);

} // namespace malla::cli
