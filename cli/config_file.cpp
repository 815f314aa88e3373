// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include "cli/usage.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

namespace malla::cli {

namespace {

Json json_of(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        Json object = Json::object();
        for (const auto& [key, value] : *table) object.set(key.str(), json_of(value));
        return object;
    }
    if (const auto* items = node.as_array()) {
        Json array = Json::array();
        for (const auto& item : *items) array.push_back(json_of(item));
        return array;
    }
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* whole = node.as_integer()) return whole->get();
    if (const auto* number = node.as_floating_point()) return number->get();
    if (const auto* truth = node.as_boolean()) return truth->get();
    std::ostringstream date; // dates and times have no JSON form but their text
    node.visit([&](const auto& leaf) { date << leaf; });
    return date.str();
}

/// The path of the first number that is none.
std::optional<std::string> not_a_number(const Json& value, const std::string& path) {
    if (value.kind() == Json::Kind::number && !std::isfinite(value.as_number())) return path;
    for (std::size_t i = 0; value.is_object() && i < value.size(); ++i) {
        const auto& [key, member] = value.member(i);
        if (auto found = not_a_number(member, path + (path.empty() ? "" : ".") + std::string{key})) return found;
    }
    for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
        if (auto found = not_a_number(value.at(i), path + '[' + std::to_string(i) + ']')) return found;
    return std::nullopt;
}

Status broken(const std::filesystem::path& file, const std::string& why) {
    return usage_error("Cannot read " + file.string() + ": " + why, "it is TOML, or JSON if its name ends in .json");
}

Status unreadable(const std::filesystem::path& file, std::string_view why) {
    return usage_error("Cannot read " + file.string() + ": " + std::string{why},
                       "see its name, and whether this user may read it");
}

/// The table or key that a line begins with.
std::string_view beginning_of(std::string_view text, std::size_t line) {
    for (; line > 1; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    text = text.substr(0, text.find('\n'));
    text = text.substr(0, text.starts_with('[') ? text.rfind(']') + 1 : text.find('='));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// What is wrong. Of what is there twice the parser garbles the name.
std::string reason(const toml::parse_error& error, std::string_view text) {
    const std::size_t line = error.source().begin.line;
    const std::string place = "line " + std::to_string(line) + ": ";
    if (error.description().find("redefine existing") == std::string_view::npos)
        return place + std::string{error.description()};
    return place + std::string{beginning_of(text, line)} + " is there twice";
}

Result<Json> read_toml(const std::filesystem::path& file, const std::string& text) {
    try {
        Json all = json_of(toml::parse(text));
        if (const auto path = not_a_number(all, ""))
            return usage_error("Cannot read " + file.string() + ": " + *path + " is NaN or infinite",
                               "no JSON has such a number; leave it out, or write it as text");
        return all;
    } catch (const toml::parse_error& error) {
        return broken(file, reason(error, text));
    }
}

} // namespace

Result<Json> read_config_file(const std::filesystem::path& file) {
    if (std::error_code none; std::filesystem::is_directory(file, none)) return unreadable(file, "it is a folder");
    errno = 0;
    std::ifstream stream{file, std::ios::binary};
    std::stringstream text;
    if (!stream) return unreadable(file, errno != 0 ? std::strerror(errno) : "it is no file");
    if (!(text << stream.rdbuf())) return broken(file, errno != 0 ? std::strerror(errno) : "it is empty");
    if (file.extension() != ".json") return read_toml(file, text.str());
    auto parsed = Json::parse(text.str());
    if (!parsed) return broken(file, parsed.error().info());
    if (!parsed->is_object()) return broken(file, "its value is no object");
    return parsed;
}

} // namespace malla::cli
