// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "cli/usage.hpp"
#include "malla/base/result.hpp"

#include <string>

namespace malla::cli {

/// Reads SERVICE.CALLBACK.
[[nodiscard]] inline Result<Target> target(const std::string& word) {
    const auto dot = word.rfind('.');
    if (dot != std::string::npos && dot > 0 && dot + 1 < word.size())
        return Target{word.substr(0, dot), word.substr(dot + 1)};
    return usage_error("'" + word + "' names no callback", "write SERVICE.CALLBACK, as in Calculator.calculate");
}

} // namespace malla::cli
