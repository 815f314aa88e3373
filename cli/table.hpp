// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/settings.hpp"
#include "cli/terminal.hpp"
#include "malla/base/json.hpp"

#include <string>
#include <vector>

namespace malla::cli {

/// Rows for people or for programs: a table on a terminal or with `text`, else one JSON object a line.
class Listing {
public:
    struct Column {
        std::string heading;
        std::string member;     ///< of the rows
        bool is_status = false; ///< coloured: green when "running", else yellow
    };

    explicit Listing(std::vector<Column> columns) : columns_{std::move(columns)} {}

    /// An object; members without a column are seen in JSON only.
    void add(Json row) { rows_.push_back(std::move(row)); }

    /// What is written. A table is made to fit a terminal's width, its widest columns first.
    [[nodiscard]] std::string text(Format format, const Terminal& terminal) const;

private:
    [[nodiscard]] std::string lines() const;
    [[nodiscard]] std::string table(const Terminal& terminal) const;

    std::vector<Column> columns_;
    std::vector<Json> rows_;
};

} // namespace malla::cli
