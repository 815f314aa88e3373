// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/status.hpp"
#include "malla/wire/call.hpp"
#include "malla/wire/reader.hpp"
#include "malla/wire/writer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The parts that several messages share: pairs of texts, a status, the content of a body.
namespace malla::wire {

/// Counts the pairs of one `metadata` or `data` against its limits.
class PairLimit {
public:
    /// Why one pair more is too much, or nothing when it is not.
    [[nodiscard]] std::optional<std::string> add(std::string_view key, std::string_view value);

private:
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
};

/// Reads the value of a field that is a pair.
[[nodiscard]] PairView read_pair(Reader& in, const Reader::Field& field, PairLimit& limit);

/// Reads how a body is written; a way that is unknown is a fault.
[[nodiscard]] Content read_content(Reader& in);

/// Writes a status, the last part of its message, cutting what is beyond the limits.
void write_status(Writer& out, const Status& status);
/// Reads a status and all optional fields behind it.
[[nodiscard]] Status read_status(Reader& in);

} // namespace malla::wire
