// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/settings.hpp"
#include "cli/terminal.hpp"
#include "malla/base/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// Rows for people or for programs: a table on a terminal or with `text`, else one JSON object a line.
class Listing {
public:
    struct Column {
        std::string heading;
        std::string member;                          ///< of the rows
        bool is_status = false;                      ///< coloured: green when "running", else yellow
        bool may_be_cut = false;                     ///< where a terminal is narrow; others stay whole
        bool is_optional = false;                    ///< left out where no row has it
        std::string (*shown)(const Json&) = nullptr; ///< how a value is written in a table, if not as it is
    };

    explicit Listing(std::vector<Column> columns) : columns_{std::move(columns)} {}

    /// An object; members without a column are seen in JSON only.
    void add(Json row) { rows_.push_back(std::move(row)); }

    /// What people are told instead of a table without rows.
    void say_when_empty(std::string_view sentence) { when_empty_ = sentence; }
    /// That, if there are no rows; else nothing.
    [[nodiscard]] std::string_view said_when_empty() const {
        return rows_.empty() ? std::string_view{when_empty_} : std::string_view{};
    }

    /// What is written to standard output. Nothing is wider than a terminal: a table has the widest of the columns that
    /// may be cut shortened; where that is not enough, each row is a block of lines `HEADING: value`, in which nothing
    /// is cut.
    [[nodiscard]] std::string text(Format format, const Terminal& terminal) const;

private:
    [[nodiscard]] std::string lines() const;
    [[nodiscard]] std::vector<Column> shown_columns() const;

    std::vector<Column> columns_;
    std::vector<Json> rows_;
    std::string when_empty_;
};

} // namespace malla::cli
