// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace malla::plugins {

/// What one datagram of a beacon says; docs/wire.md has its bytes.
struct BeaconFrame {
    enum class Kind : std::uint8_t { here = 1, who = 2, gone = 3 };

    static constexpr std::uint8_t version = 1;
    static constexpr std::size_t max_text_bytes = 255; ///< of cluster and endpoint each
    static constexpr std::size_t max_bytes = 24 + 2 * max_text_bytes;

    Kind kind = Kind::here;
    NodeId node;
    std::string cluster;
    std::string endpoint; ///< empty: it hosts nothing

    friend bool operator==(const BeaconFrame&, const BeaconFrame&) = default;
};

/// Nothing when a text is too long.
[[nodiscard]] std::optional<std::string> encode(const BeaconFrame& frame);
/// Nothing for what is no frame of this version, also when bytes are left over.
[[nodiscard]] std::optional<BeaconFrame> decode_beacon(std::string_view bytes);

} // namespace malla::plugins
