// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/node/options.hpp"

#include <string>

namespace malla {

/// Where a node serves calls when its options do not say: at the interface that faces the first broker or peer on
/// another machine, if it may be reached from there, else at 127.0.0.1. May look up names.
[[nodiscard]] std::string default_bind(const NodeOptions& options);

/// What a node that is bound at `bound` tells others to connect to: what its options say, or the endpoint
/// itself. Of one that is bound at all addresses, the one by which this machine reaches its first broker or
/// peer, or others if it knows of none. May look up names. `endpoint_invalid`.
[[nodiscard]] Result<std::string> advertised_endpoint(const NodeOptions& options, const std::string& bound);

} // namespace malla
