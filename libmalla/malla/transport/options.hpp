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

/// Has the next connection of a socket lead to nobody but the holder of the key that `endpoint` ends in, or
/// that the credentials know; null: they are not encrypted. `credentials_required` when there is no key, or no
/// credentials.
[[nodiscard]] Result<void> expect_key(void* handle, std::string_view endpoint, const Credentials* credentials);

/// What ZeroMQ says the options are.
[[nodiscard]] std::map<std::string, std::int64_t> read_options(void* handle);

} // namespace malla::transport
