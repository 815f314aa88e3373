// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace malla::transport {

/// The address of this machine, as it stands in an endpoint, from which packets leave for `endpoint`, which is a
/// numeric tcp one; nothing for any other, and when there is no way there.
[[nodiscard]] std::optional<std::string> host_facing(std::string_view endpoint);

/// Whether `endpoint` stands for all addresses of this machine.
[[nodiscard]] bool has_wildcard_host(std::string_view endpoint) noexcept;

} // namespace malla::transport
