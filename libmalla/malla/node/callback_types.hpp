// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace malla {

/// What a caller means by a callback: its types, to be compared with those that an instance announces, and the way from
/// binary bodies to JSON and back for instances that read JSON only.
struct CallbackTypes {
    std::string description; ///< as it would be announced
    std::uint64_t fingerprint;
    Result<std::string> (*arguments_to_json)(std::string_view binary);
    Result<std::string> (*result_to_binary)(std::string_view json);
};

} // namespace malla
