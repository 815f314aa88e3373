// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace malla::transport {

/// The one spelling of `endpoint`, so that equal endpoints are equal texts. Takes
/// "tcp://ADDRESS:PORT" with a numeric address ("tcp://[::1]:7700" for IPv6) or "*", and port "*"
/// or "0" for any; "ipc://PATH" ("ipc://@NAME" for one outside the file system); "inproc://NAME".
/// A host name is `endpoint_invalid`: see `resolve`. `#KEY` behind it, the key of who listens there, stays.
[[nodiscard]] Result<std::string> canonical(std::string_view endpoint);

/// As `canonical`, with a host name replaced by its first address, IPv4 before IPv6. It blocks
/// for as long as the system's resolver does, so never call it on a loop's thread.
/// A name without an address is `endpoint_unreachable`.
[[nodiscard]] Result<std::string> resolve(std::string_view endpoint);

/// An endpoint in two parts.
struct KeyedEndpoint {
    std::string_view address;
    std::string_view key; ///< 40 characters of Z85, or empty
};

/// Takes `#KEY` off.
[[nodiscard]] KeyedEndpoint split_key(std::string_view endpoint) noexcept;

/// The address of this machine from which it would connect to `endpoint`, as it stands in an endpoint.
/// Nothing when there is no way, or `endpoint` is not numeric and tcp. Sends nothing.
[[nodiscard]] std::optional<std::string> own_host_towards(std::string_view endpoint);

/// Whether only this machine can reach `endpoint`: a loopback address, "localhost", ipc, inproc.
/// False for "*" and for what is no endpoint.
[[nodiscard]] bool is_loopback(std::string_view endpoint);

} // namespace malla::transport
