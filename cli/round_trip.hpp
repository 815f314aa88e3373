// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/node/node.hpp"

namespace malla::cli {

/// How long a call to a node takes that is connected already. The reason when it does not answer within a second, or
/// `timeout` if that is less.
[[nodiscard]] Result<Clock::duration> round_trip(Node& node, const NodeView& other, Clock::duration timeout);

} // namespace malla::cli
