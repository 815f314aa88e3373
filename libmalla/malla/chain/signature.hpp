// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/text.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace malla::detail {

inline constexpr std::size_t max_parameters = 8;

/// What a text such as "calculate(op, a, b)" says. Holds views of the text it was read from.
struct ParsedSignature {
    std::string_view name{};
    std::array<std::string_view, max_parameters> parameters{};
    std::size_t count = 0;
    bool well_formed = false;
};

constexpr std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// Adds one parameter; false when it is no identifier or is there already.
constexpr bool add_parameter(ParsedSignature& parsed, std::string_view name) {
    if (!is_identifier(name)) return false;
    for (std::size_t i = 0; i < parsed.count && i < max_parameters; ++i)
        if (parsed.parameters[i] == name) return false;
    if (parsed.count < max_parameters) parsed.parameters[parsed.count] = name;
    ++parsed.count;
    return true;
}

/// Reads "name(first, second)"; a name list that is too long is counted, and cut.
constexpr ParsedSignature parse_signature(std::string_view text) {
    ParsedSignature parsed;
    text = trimmed(text);
    const auto open = text.find('(');
    if (open == std::string_view::npos || text.back() != ')') return parsed;
    parsed.name = trimmed(text.substr(0, open));
    std::string_view rest = trimmed(text.substr(open + 1, text.size() - open - 2));
    bool good = is_identifier(parsed.name);
    while (good && !rest.empty()) {
        const auto comma = rest.find(',');
        good = add_parameter(parsed, trimmed(rest.substr(0, comma)));
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
        if (rest.empty()) good = false; // "name(first,)"
    }
    parsed.well_formed = good;
    return parsed;
}

} // namespace malla::detail
