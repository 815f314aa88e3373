// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/status.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace malla::cli {

/// What the command itself refuses: exit code 2, a sentence, and a hint that says what to do.
[[nodiscard]] inline Status usage_error(std::string_view sentence, std::string hint) {
    Status status{"usage", sentence};
    status.set_data("hint", std::move(hint));
    return status;
}

} // namespace malla::cli
