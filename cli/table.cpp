// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>

namespace malla::cli {

namespace {

constexpr std::size_t gap = 2;        // blanks between columns
constexpr std::size_t least_cut = 12; // what is left of a column that is cut
constexpr std::size_t indent = 2;     // of the lines that go on with a value

using Cells = std::vector<std::string>;

/// A list of texts as people write it; any other list is none.
std::optional<std::string> list_text(const Json& list) {
    if (!list.is_array() || list.size() == 0) return std::nullopt;
    std::string text;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!list.at(i).is_string()) return std::nullopt;
        text.append(i == 0 ? "" : ", ").append(list.at(i).as_string());
    }
    return text;
}

std::string text_of(const Listing::Column& column, const Json& value) {
    if (column.shown != nullptr) return column.shown(value);
    if (value.is_string()) return value.as_string();
    if (auto list = list_text(value)) return *std::move(list);
    const auto json = value.dump();
    return json ? *json : "-";
}

std::string cell_of(const Listing::Column& column, const Json& row) {
    const Json* value = row.find(column.member);
    return value == nullptr || value->is_null() ? "-" : harmless(text_of(column, *value), false);
}

std::string painted(const std::string& text, const char* colour) {
    return std::string{"\x1b["}.append(colour).append("m").append(text).append("\x1b[0m");
}

/// `text` is what is seen of the cell.
std::string painted_cell(const std::string& text, const Listing::Column& column, const std::string& cell, bool colour) {
    if (!colour || !column.is_status) return text;
    return painted(text, cell == "running" ? "32" : "33");
}

std::string painted_heading(const std::string& text, bool colour) { return colour ? painted(text, "1") : text; }

std::size_t sum(const std::vector<std::size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), gap * (widths.empty() ? 0 : widths.size() - 1));
}

/// The widths of the columns within `space`; nothing where not even the least of them fit.
std::optional<std::vector<std::size_t>> fitting(std::vector<std::size_t> widths,
                                                std::span<const Listing::Column> columns, std::size_t space) {
    while (sum(widths) > space) {
        std::size_t widest = columns.size();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const bool may = columns[i].may_be_cut && widths[i] > std::max(least_cut, columns[i].heading.size());
            if (may && (widest == columns.size() || widths[i] > widths[widest])) widest = i;
        }
        if (widest == columns.size()) return std::nullopt;
        --widths[widest];
    }
    return widths;
}

std::string table_row(const Cells& row, std::span<const Listing::Column> columns,
                      const std::vector<std::size_t>& widths, bool is_heading, bool colour) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string text = shortened(row[i], widths[i]);
        const std::size_t blanks = i + 1 == columns.size() ? 0 : widths[i] - display_width(text) + gap;
        line += is_heading ? painted_heading(text, colour) : painted_cell(text, columns[i], row[i], colour);
        line.append(blanks, ' ');
    }
    return line += '\n';
}

/// How many bytes of `text` a line of so many columns takes: it ends behind a blank where it can.
std::size_t line_end(std::string_view text, std::size_t columns) {
    std::size_t most = bytes_that_fit(text, columns);
    if (most == 0) most = bytes_that_fit(text, columns + 1); // a wide character where there is one column
    if (most == text.size()) return most;
    const auto blank = text.rfind(' ', most);
    return blank == std::string_view::npos || blank == 0 ? most : blank + 1;
}

std::string wrapped(std::string_view text, std::size_t width) {
    std::string lines;
    std::size_t before = 0;
    while (true) {
        const std::size_t end = line_end(text, width - before);
        std::string_view line = text.substr(0, end);
        if (line.ends_with(' ')) line.remove_suffix(1);
        lines.append(before, ' ').append(line) += '\n';
        if (end == text.size()) return lines;
        text.remove_prefix(end);
        before = width < 2 * indent ? 0 : indent; // so that there is room for a wide character
    }
}

std::string block(const Cells& headings, const Cells& row, std::span<const Listing::Column> columns,
                  const Terminal& terminal) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string heading = headings[i] + ':';
        std::string lines = wrapped(heading + ' ' + row[i], terminal.width);
        if (lines.starts_with(heading)) lines.replace(0, heading.size(), painted_heading(heading, terminal.colour));
        text += lines;
    }
    return text;
}

std::string table(std::span<const Cells> rows, std::span<const Listing::Column> columns, const Terminal& terminal) {
    std::vector<std::size_t> widths(columns.size());
    for (const Cells& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    const auto fit = terminal.is_terminal ? fitting(widths, columns, terminal.width) : widths;
    std::string text;
    for (std::size_t i = fit ? 0 : 1; i < rows.size(); ++i) {
        if (fit) text += table_row(rows[i], columns, *fit, i == 0, terminal.colour);
        else text.append(i == 1 ? "" : "\n").append(block(rows[0], rows[i], columns, terminal));
    }
    return text;
}

} // namespace

std::string Listing::text(Format format, const Terminal& terminal) const {
    if (!is_for_people(format, terminal.is_terminal)) return lines();
    if (!said_when_empty().empty()) return {};
    const auto columns = shown_columns();
    std::vector<Cells> rows(1);
    for (const Column& column : columns) rows[0].push_back(column.heading);
    for (const Json& row : rows_) {
        rows.emplace_back();
        for (const Column& column : columns) rows.back().push_back(cell_of(column, row));
    }
    return table(rows, columns, terminal);
}

std::string Listing::lines() const {
    std::string out;
    for (const Json& row : rows_)
        if (const auto line = row.dump()) out += *line + '\n';
    return out;
}

std::vector<Listing::Column> Listing::shown_columns() const {
    std::vector<Column> shown;
    for (const Column& column : columns_) {
        const bool any = std::ranges::any_of(rows_, [&](const Json& row) {
            const Json* value = row.find(column.member);
            return value != nullptr && !value->is_null();
        });
        if (any || !column.is_optional) shown.push_back(column);
    }
    return shown;
}

} // namespace malla::cli
