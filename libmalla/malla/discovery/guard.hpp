// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/transport/credentials.hpp"
#include "malla/transport/message.hpp"

#include <string_view>

namespace malla::discovery {

/// Whether a node or broker may bind `endpoint`: one that other machines reach needs `credentials`,
/// unless it is `insecure` on purpose. `credentials_required`.
[[nodiscard]] Result<void> may_bind(std::string_view endpoint, const transport::Credentials* credentials,
                                    bool insecure);

/// Whether `name`, which is `what`, can be announced. `usage`.
[[nodiscard]] Result<void> may_be_named(std::string_view what, std::string_view name);

/// The key that tells the sender of a message from others; empty where nodes have none of their own.
[[nodiscard]] std::string_view own_key_of(const transport::Message& message,
                                          const transport::Credentials* credentials) noexcept;

} // namespace malla::discovery
