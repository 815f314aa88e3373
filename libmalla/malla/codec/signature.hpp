// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace malla::codec {

/// By what two ends see that they mean the same types of a callback that `describe_callback` describes: those of
/// parameters and result in their order, and whether it gives a stream. Never 0.
[[nodiscard]] std::uint64_t type_fingerprint(const Json& description);

/// The types of a callback for people, as "order(item: {name: string, count: int32}) -> bool". Of what is no
/// description, as much as it says.
[[nodiscard]] std::string signature_text(std::string_view name, const Json& description);

} // namespace malla::codec
