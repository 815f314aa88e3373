// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/finder_url.hpp"
#include "malla/transport/wake.hpp"

#include <optional>
#include <string>
#include <vector>

namespace malla::plugins {

/// Asks once where a name leads, by its SRV records or else by its addresses, and gives endpoints; IPv6 addresses are
/// in brackets. Gives nothing when `interrupt` was woken first. `endpoint_unreachable` with what the DNS said.
[[nodiscard]] std::optional<Result<std::vector<std::string>>>
look_up(const discovery::HostPort& name, const std::string& server, const transport::Wake& interrupt);

} // namespace malla::plugins
