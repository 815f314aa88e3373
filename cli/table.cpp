// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <algorithm>
#include <numeric>

namespace malla::cli {

namespace {

constexpr std::size_t gap = 2;       // blanks between columns
constexpr std::size_t min_width = 4; // of a column that is made narrower

using Row = std::vector<std::string>;

std::string cell_of(const Json* value) {
    if (value == nullptr || value->is_null()) return "-";
    if (value->is_string()) return harmless(value->as_string(), false);
    return value->dump().has_value() ? *value->dump() : "-";
}

std::size_t sum(const std::vector<std::size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), gap * (widths.empty() ? 0 : widths.size() - 1));
}

void fit(std::vector<std::size_t>& widths, std::size_t space) {
    while (sum(widths) > space) {
        const auto widest = std::ranges::max_element(widths);
        if (widest == widths.end() || *widest <= min_width) return;
        --*widest;
    }
}

std::string painted(const std::string& text, const char* colour) {
    return std::string{"\x1b["}.append(colour).append("m").append(text).append("\x1b[0m");
}

} // namespace

std::string Listing::text(Format format, const Terminal& terminal) const {
    if (is_for_people(format, terminal.is_terminal)) return table(terminal);
    return lines();
}

std::string Listing::lines() const {
    std::string out;
    for (const Json& row : rows_)
        if (const auto line = row.dump()) out += *line + '\n';
    return out;
}

std::string Listing::table(const Terminal& terminal) const {
    std::vector<Row> rows(1);
    for (const Column& column : columns_) rows[0].push_back(column.heading);
    for (const Json& row : rows_) {
        rows.emplace_back();
        for (const Column& column : columns_) rows.back().push_back(cell_of(row.find(column.member)));
    }
    std::vector<std::size_t> widths(columns_.size());
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], character_count(row[i]));
    if (terminal.is_terminal) fit(widths, terminal.width);
    std::string out;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            std::string cell = shortened(rows[r][i], widths[i]);
            const std::size_t blanks = i + 1 == columns_.size() ? 0 : widths[i] - character_count(cell) + gap;
            if (terminal.colour && r == 0) cell = painted(cell, "1");
            else if (terminal.colour && columns_[i].is_status)
                cell = painted(cell, rows[r][i] == "running" ? "32" : "33");
            out += cell + std::string(blanks, ' ');
        }
        out += '\n';
    }
    return out;
}

} // namespace malla::cli
