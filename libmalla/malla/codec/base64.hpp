// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malla::codec {

/// RFC 4648 with padding.
[[nodiscard]] std::string to_base64(std::span<const std::byte> bytes);

/// Reads exactly what `to_base64` writes: no spaces, no missing padding, no stray bits.
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64(std::string_view text);

} // namespace malla::codec
