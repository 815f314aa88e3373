// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace malla {

// Of calls, and of answers, that are sent together. ZeroMQ writes 8 KiB to a connection at once.
inline constexpr std::size_t max_together = 64;
inline constexpr std::size_t max_bytes_together = 8192;

} // namespace malla
