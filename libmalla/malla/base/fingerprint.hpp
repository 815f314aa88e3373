// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace malla {

/// 64-bit FNV-1a, by which two ends see that they have the same description of something. It guards
/// against mistakes, not against anyone who wants it to collide.
[[nodiscard]] constexpr std::uint64_t fingerprint(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

} // namespace malla
