// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/settings.hpp"
#include "cli/terminal.hpp"
#include "malla/base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace malla::cli {

/// How results are written.
struct ResultStyle {
    Format format = Format::automatic;
    bool in_stream = false; ///< one of many: `auto` then writes strings as JSON too
    bool bytes = false;     ///< the result is bytes, base64 in its JSON: `raw` writes them as they are
};

/// What is written for one result, its final newline included where it has one.
/// `reply_invalid` when `json` cannot be read.
[[nodiscard]] Result<std::string> result_text(std::string_view json, const ResultStyle& style);

/// What is written for a failure: `status (code): info` and a hint, or one JSON object.
[[nodiscard]] std::string error_text(const Status& status, Format format, const Terminal& terminal);

/// What is written for the failed line of a stream that goes on: `{"line":N,"error":{…}}`.
[[nodiscard]] std::string failed_line_text(std::uint64_t line, const Status& status);

/// What is written for the result of one node of all: `{"node":NAME,"result":…}`, in the format `text` "NAME: …", in
/// `raw` as the result of any call.
[[nodiscard]] Result<std::string> node_line_text(std::string_view node, std::string_view json,
                                                 const ResultStyle& style);

/// What is written for the failure of one node of all: `{"node":NAME,"error":{…}}`.
[[nodiscard]] std::string failed_node_text(std::string_view node, const Status& status);

} // namespace malla::cli
