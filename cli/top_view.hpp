// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/settings.hpp"
#include "cli/top_model.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// What can be drawn on.
struct TopScreen {
    std::size_t width = 80;
    std::size_t height = 24;
    bool colour = false;
    bool utf8 = true; ///< else only ASCII is written
};

/// What is shown.
struct TopPage {
    std::string title; ///< of the whole
    std::vector<TopRow> rows;
    std::size_t selected = 0;
    TopSort sort = TopSort::name;
    std::string filter;
    bool filtering = false;           ///< it is being typed
    std::string message;              ///< instead of the line of keys
    std::vector<std::string> overlay; ///< instead of the rows, unless it is empty
};

/// The lines of a screen, as many as it is high, none longer than it is wide. A narrow one has fewer columns.
[[nodiscard]] std::vector<std::string> top_lines(const TopPage& page, const TopScreen& screen);

/// The last of these values as bars between 0 and the highest, a blank where one is negative; `width` characters, the
/// newest at the right.
[[nodiscard]] std::string sparkline(const std::vector<double>& values, std::size_t width, bool utf8);

/// Whether this environment's locale is UTF-8.
[[nodiscard]] bool has_utf8(const Environment& environment);

} // namespace malla::cli
