// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace malla::cli {

/// The candidate that `word` was most likely meant to be, for hints: at most a third of its letters
/// differ, or it is a beginning that fits one candidate only. Capitals do not count.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

} // namespace malla::cli
