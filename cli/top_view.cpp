// SPDX-License-Identifier: Apache-2.0
#include "cli/top_view.hpp"

#include "cli/histogram.hpp"
#include "cli/terminal.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <span>

namespace malla::cli {

namespace {

constexpr std::size_t least_name = 12;
constexpr std::size_t most_spark = 60;
constexpr std::string_view keys_line = "? help  q quit  s sort  / filter  p pause  enter chain";

enum class Column : std::uint8_t { name, status, load, rate, errors, median, latency };

struct Width {
    Column column;
    std::string_view heading;
    std::size_t width;
};

// The first ones stay when a screen is narrow.
constexpr std::array<Width, 5> by_weight{{{Column::rate, "CALLS/S", 8},
                                          {Column::status, "STATUS", 8},
                                          {Column::errors, "ERR/S", 6},
                                          {Column::median, "P50", 8},
                                          {Column::load, "LOAD", 5}}};

/// Exactly `width` columns, all of them harmless.
std::string cell(std::string_view text, std::size_t width, bool right, bool utf8) {
    std::string shown = harmless(text, false);
    if (!utf8)
        for (char& c : shown)
            if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    if (utf8) shown = shortened(shown, width);
    else if (shown.size() > width) shown = width == 0 ? "" : shown.substr(0, width - 1) + '~';
    const std::string blank(width - std::min(width, display_width(shown)), ' ');
    return right ? blank + shown : shown + blank;
}

std::string number(double value) {
    std::array<char, 32> text{};
    if (value >= 1e6) std::snprintf(text.data(), text.size(), "%.1fM", value / 1e6);
    else if (value >= 1e4) std::snprintf(text.data(), text.size(), "%.1fk", value / 1e3);
    else std::snprintf(text.data(), text.size(), value >= 100 || value == 0 ? "%.0f" : "%.1f", value);
    return text.data();
}

/// The columns that there is room for, in the order in which they are shown; names take no more than `longest_name`.
std::vector<Width> columns_for(std::size_t width, std::size_t longest_name) {
    std::size_t left = width - std::min(width, least_name);
    std::vector<Width> chosen;
    for (const Width& each : by_weight) {
        if (left < each.width + 1) break;
        left -= each.width + 1;
        chosen.push_back(each);
    }
    std::ranges::sort(chosen, {}, &Width::column);
    const std::size_t spark = std::min(left / 2, most_spark);
    if (spark >= 7 + 1) {
        chosen.push_back({Column::latency, "LATENCY", spark - 1});
        left -= spark;
    }
    const std::size_t name = std::clamp(longest_name, least_name, least_name + left);
    chosen.insert(chosen.begin(), {Column::name, "SERVICE", std::min(width, name)});
    return chosen;
}

std::string name_in_tree(const TopRow& row) {
    if (row.kind == TopRow::Kind::instance) return "  " + row.node;
    return row.kind == TopRow::Kind::node ? "node " + row.node : row.service;
}

std::string value_of(const TopRow& row, const Width& column, bool utf8) {
    switch (column.column) {
    case Column::name: return name_in_tree(row);
    case Column::status: return row.status;
    case Column::latency: return sparkline(row.latencies, column.width, utf8);
    default: break;
    }
    if (!row.last) return "-";
    if (column.column == Column::load) return number(static_cast<double>(row.last->load));
    if (column.column == Column::rate) return number(row.rate());
    if (column.column == Column::errors) return number(row.error_rate());
    const auto median = row.last->quantile_us(0.5);
    if (!median) return "-";
    return short_time(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::micro>{*median}));
}

bool is_number(Column column) { return column >= Column::load && column <= Column::median; }

std::string_view colour_of(const TopRow& row, Column column) {
    if (column == Column::status) return row.status == "running" ? "\x1b[32m" : "\x1b[33m";
    if (column == Column::errors && row.error_rate() > 0) return "\x1b[31m";
    return "";
}

std::string row_line(const TopRow& row, std::span<const Width> columns, bool selected, const TopScreen& screen) {
    std::string line;
    for (const Width& column : columns) {
        if (column.column != Column::name) line += ' ';
        const bool drawn = column.column == Column::latency; // its characters are its own
        const std::string value = value_of(row, column, screen.utf8);
        const std::string text = drawn ? value : cell(value, column.width, is_number(column.column), screen.utf8);
        const auto colour = screen.colour && !selected ? colour_of(row, column.column) : "";
        line.append(colour).append(text).append(colour.empty() ? "" : "\x1b[39m");
    }
    // Seen without colours too: reverse video is none.
    return selected ? "\x1b[7m" + line + "\x1b[27m" : line;
}

std::string heading_line(std::span<const Width> columns, bool utf8) {
    std::string line;
    for (const Width& column : columns) {
        if (column.column != Column::name) line += ' ';
        line += cell(column.heading, column.width, is_number(column.column), utf8);
    }
    return line;
}

std::string last_line(const TopPage& page) {
    if (page.filtering) return "filter: " + page.filter + '_';
    if (!page.message.empty()) return page.message;
    std::string line{"sort: "};
    line += name_of(page.sort);
    if (!page.filter.empty()) line += "  filter: " + page.filter;
    return line + "  " + std::string{keys_line};
}

void add_rows(std::vector<std::string>& lines, const TopPage& page, const TopScreen& screen, std::size_t room) {
    if (room == 0) return;
    std::size_t longest_name = 0;
    for (const TopRow& row : page.rows) {
        const std::string name = name_in_tree(row);
        longest_name = std::max(longest_name, screen.utf8 ? display_width(name) : name.size());
    }
    const auto columns = columns_for(screen.width, longest_name);
    lines.push_back(heading_line(columns, screen.utf8));
    if (page.rows.empty() && room > 1) {
        const auto* sentence = page.filter.empty()
                                   ? "there is no service; `malla doctor` says what can be seen from here"
                                   : "nothing has that in its name";
        lines.push_back(cell(sentence, screen.width, false, screen.utf8));
    }
    const std::size_t shown = room - 1;
    // The selected row is in the middle when not all are seen.
    const std::size_t most = page.rows.size() - std::min(page.rows.size(), shown);
    const std::size_t first = std::min(page.selected - std::min(page.selected, shown / 2), most);
    for (std::size_t i = first; i < std::min(page.rows.size(), first + shown); ++i)
        lines.push_back(row_line(page.rows[i], columns, i == page.selected, screen));
}

} // namespace

std::string sparkline(const std::vector<double>& values, std::size_t width, bool utf8) {
    constexpr std::array<std::string_view, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr std::array<std::string_view, 8> letters{".", ":", "-", "=", "+", "*", "#", "@"};
    const auto& levels = utf8 ? bars : letters;
    const std::size_t count = std::min(values.size(), width);
    const std::span<const double> last{values.end() - static_cast<std::ptrdiff_t>(count), values.end()};
    const double highest = last.empty() ? 0 : std::ranges::max(last);
    std::string line(width - count, ' ');
    for (const double value : last) {
        const double part = highest > 0 ? value / highest : 0;
        const auto level = static_cast<std::size_t>(std::max(part, 0.0) * static_cast<double>(levels.size()));
        line += value < 0 ? " " : levels[std::min(level, levels.size() - 1)];
    }
    return line;
}

std::vector<std::string> top_lines(const TopPage& page, const TopScreen& screen) {
    std::vector<std::string> lines{cell(page.title, screen.width, false, screen.utf8)};
    const std::size_t room = screen.height - std::min<std::size_t>(screen.height, 2);
    if (page.overlay.empty()) add_rows(lines, page, screen, room);
    for (const std::string& line : page.overlay)
        if (lines.size() <= room) lines.push_back(cell(line, screen.width, false, screen.utf8));
    lines.resize(room + 1);
    lines.push_back(cell(last_line(page), screen.width, false, screen.utf8));
    lines.resize(screen.height);
    return lines;
}

bool has_utf8(const Environment& environment) {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string locale = environment(name).value_or("");
        if (locale.empty()) continue;
        for (char& c : locale) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    }
    return false;
}

} // namespace malla::cli
