// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace malla::wire {

/// Whether it is UTF-8 as RFC 3629 has it: no overlong forms, no surrogates.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `text` with U+FFFD in the place of each byte that is part of no character.
[[nodiscard]] std::string as_utf8(std::string_view text);

/// Whether it is UTF-8 without control characters, so that it can be printed as it is.
[[nodiscard]] bool is_printable(std::string_view text) noexcept;

/// The longest beginning of `text` of at most `max_bytes` that does not end inside a character.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t max_bytes) noexcept;

} // namespace malla::wire
