// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/transport/credentials.hpp"

#include <string_view>

namespace malla::discovery {

/// Whether a node or broker may bind `endpoint`: one that other machines reach needs `credentials`,
/// unless it is `insecure` on purpose. `credentials_required`.
[[nodiscard]] Result<void> may_bind(std::string_view endpoint, const transport::Credentials* credentials,
                                    bool insecure);

} // namespace malla::discovery
