// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/status.hpp"

#include <string>

namespace malla::cli {

/// What a person can do about a status that says nothing of it itself; empty when that is plain.
[[nodiscard]] std::string hint_for(const Status& status);

} // namespace malla::cli
