// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"

#include <optional>
#include <string>

namespace malla::cli {

/// The type in words: "a number", "one of add, multiply", "an array of strings".
[[nodiscard]] std::string type_text(const Json& schema);

/// Why `value` surely does not fit the schema, as "wants a number, not \"x\""; nothing when it fits or
/// cannot be told. Knows types, ranges, enumerations, arrays, tuples, members and alternatives.
[[nodiscard]] std::optional<std::string> mismatch(const Json& schema, const Json& value);

/// The text of a member of the schema that is a string, or empty.
[[nodiscard]] std::string_view text_member(const Json& schema, std::string_view name) noexcept;

} // namespace malla::cli
