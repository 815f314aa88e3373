// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace malla::transport {

/// "NAME (process PID)" of who listens at the port of a tcp endpoint; empty when /proc does not tell.
[[nodiscard]] std::string port_holder(std::string_view endpoint);

} // namespace malla::transport
