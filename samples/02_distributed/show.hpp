// SPDX-License-Identifier: Apache-2.0
// How the client reads items, and shows what it was answered: a line for everything.
#pragma once

#include "02_distributed/storage_api.hpp"
#include "malla/node/node_result.hpp"

#include <iostream>
#include <istream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

inline void say(const std::string& line) { std::cout << line + '\n' << std::flush; }

inline bool read_line(std::string& line) {
    if (::isatty(STDIN_FILENO) == 1) std::cout << "> " << std::flush;
    return static_cast<bool>(std::getline(std::cin, line));
}

/// The words that are left: those with a # are tags, the others the text.
inline Item read_item(std::istream& words) {
    Item item;
    for (std::string word; words >> word;)
        if (word.starts_with('#')) item.tags.push_back(word.substr(1));
        else item.text += (item.text.empty() ? "" : " ") + word;
    return item;
}

inline std::string text(const Item& item) {
    std::string line = item.text;
    for (const auto& tag : item.tags) line += " #" + tag;
    return line;
}

inline std::string text(const Items& items) {
    std::string line = std::to_string(items.size()) + " items";
    const char* before = ": ";
    for (const auto& [key, item] : items) line += std::exchange(before, ", ") + key;
    return line;
}

inline std::string text(const std::vector<malla::NodeResult<void>>& results) {
    std::string line;
    for (const auto& [node, name, result] : results)
        line += (line.empty() ? "" : ", ") + name + ": " + (result ? "done" : result.error().text());
    return line;
}

/// A value, or the reason why there is none.
template <class T>
std::string text(const malla::Result<T>& result) {
    return result ? text(*result) : result.error().text();
}
