// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "malla/node/admin_api.hpp"

#include <string>
#include <string_view>

namespace malla::cli {

/// How calls that pass are written.
struct TapStyle {
    bool for_people = false;  ///< else one JSON object
    bool on_terminal = false; ///< shortened, and without what would command a terminal
};

/// For standard output.
[[nodiscard]] TapStyle tap_style(const Common& common);

/// One line for one call, its newline included.
[[nodiscard]] std::string tap_line(std::string_view service, std::string_view node, const admin::TappedCall& call,
                                   const TapStyle& style);

} // namespace malla::cli
