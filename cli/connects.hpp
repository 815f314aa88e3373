// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <string_view>

namespace malla::cli {

/// Whether somebody takes a connection at a tcp endpoint before `deadline`, whatever he says or does not say then.
[[nodiscard]] bool takes_connections(std::string_view endpoint, Deadline deadline);

} // namespace malla::cli
