// SPDX-License-Identifier: Apache-2.0
// What a log can be asked.
#pragma once

#include "malla/chain/api.hpp"

#include <string>
#include <vector>

/// Adds a line to those of a source.
struct Append : malla::Callback<"append(source, line)", void(const std::string&, const std::string&)> {};
/// The lines of a source, the oldest first.
struct Lines : malla::Callback<"lines(source)", std::vector<std::string>(const std::string&)> {
    static constexpr bool idempotent = true;
};

struct LogApi : malla::Api<"Log", Append, Lines> {};
