// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace malla::cli {

/// What a person can do about a status that says nothing of it itself; empty when that is plain.
[[nodiscard]] std::string_view hint_for(std::string_view status_id) noexcept;

} // namespace malla::cli
