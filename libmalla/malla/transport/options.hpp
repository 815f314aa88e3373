// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/transport/socket.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace malla::transport {

/// The ZeroMQ number of a pattern.
[[nodiscard]] int type_of(Pattern pattern) noexcept;

/// Sets every option of a new ZeroMQ socket and reads each back, as most act only on later
/// connections and a wrong one would fail silently. `internal_error` names the one that did not hold.
[[nodiscard]] Result<void> apply_profile(void* handle, Pattern pattern, const Profile& profile);

/// What ZeroMQ says the options are.
[[nodiscard]] std::map<std::string, std::int64_t> read_options(void* handle);

} // namespace malla::transport
