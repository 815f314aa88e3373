// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/topic_pattern.hpp"

#include "malla/wire/limits.hpp"
#include "malla/wire/text.hpp"

#include <algorithm>

namespace malla::wire {

namespace {

constexpr std::string_view any_word = "*";
constexpr std::string_view any_words = ">";

/// Takes the first word and the dot behind it off `text`; nothing is left after the last one.
std::string_view take_word(std::string_view& text) noexcept {
    const std::size_t dot = text.find('.');
    const std::string_view word = text.substr(0, dot);
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
    return word;
}

std::string quoted(std::string_view what, std::string_view text) {
    return "the " + std::string{what}.append(" '").append(text).append("'");
}

std::optional<std::string> fault_of_word(std::string_view word, bool last, bool wildcards) {
    if (word.empty()) return "has an empty word: write words with one dot between them";
    if (wildcards && (word == any_word || (word == any_words && last))) return std::nullopt;
    if (wildcards && word == any_words) return "has words behind '>': it stands at the end";
    if (word.find_first_of("*>") != std::string_view::npos)
        return wildcards ? "has a wildcard inside a word: '*' and '>' stand alone between the dots"
                         : "has a wildcard: an event has one topic";
    if (word.find(' ') != std::string_view::npos) return "has a space";
    return std::nullopt;
}

std::optional<std::string> fault_of(std::string_view text, std::string_view what, bool wildcards) {
    if (text.size() > max_topic_bytes)
        return "the " + std::string{what} + " is " + std::to_string(text.size()) + " bytes, at most " +
               std::to_string(max_topic_bytes);
    if (!is_printable(text)) return "the " + std::string{what} + " is not printable UTF-8";
    if (text.empty()) return "the " + std::string{what} + " is empty";
    std::string_view rest = text;
    while (true) {
        const std::string_view before = rest;
        const std::string_view word = take_word(rest);
        const bool last = word.size() == before.size();
        if (auto fault = fault_of_word(word, last, wildcards)) return quoted(what, text) + ' ' + *fault;
        if (last) return std::nullopt;
    }
}

} // namespace

std::optional<std::string> topic_fault(std::string_view topic) { return fault_of(topic, "topic", false); }

std::optional<std::string> pattern_fault(std::string_view pattern) { return fault_of(pattern, "pattern", true); }

bool matches(std::string_view pattern, std::string_view topic) noexcept {
    while (!pattern.empty() && !topic.empty()) {
        const std::string_view wanted = take_word(pattern);
        if (wanted == any_words) return true;
        const std::string_view word = take_word(topic);
        if (wanted != any_word && wanted != word) return false;
    }
    return pattern.empty() && topic.empty();
}

bool has_wildcard(std::string_view pattern) noexcept { return pattern.find_first_of("*>") != std::string_view::npos; }

std::string_view literal_prefix(std::string_view pattern) noexcept {
    return pattern.substr(0, pattern.find_first_of("*>"));
}

} // namespace malla::wire
