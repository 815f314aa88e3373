// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/wire/reader.hpp"
#include "malla/wire/record.hpp"
#include "malla/wire/writer.hpp"

#include <optional>
#include <string>

namespace malla::wire {

/// Why a peer would refuse this record, whatever its size, or nothing.
[[nodiscard]] std::optional<std::string> fault_of(const NodeRecord& record);

void write_record(Writer& out, const NodeRecord& record);
[[nodiscard]] NodeRecord read_record(Reader& in);

} // namespace malla::wire
