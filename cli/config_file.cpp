// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include "cli/usage.hpp"

#include <toml++/toml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

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

Status broken(const std::filesystem::path& file, const std::string& why) {
    return usage_error("Cannot read " + file.string() + ": " + why, "it is TOML, or JSON if its name ends in .json");
}

Result<Json> read_toml(const std::filesystem::path& file, const std::string& text) {
    try {
        return json_of(toml::parse(text));
    } catch (const toml::parse_error& error) {
        return broken(file,
                      "line " + std::to_string(error.source().begin.line) + ": " + std::string{error.description()});
    }
}

} // namespace

Result<Json> read_config_file(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    std::stringstream text;
    if (!stream || std::filesystem::is_directory(file) || !(text << stream.rdbuf()))
        return broken(file, errno != 0 ? std::strerror(errno) : "it is empty or no file");
    if (file.extension() != ".json") return read_toml(file, text.str());
    auto parsed = Json::parse(text.str());
    if (!parsed) return broken(file, parsed.error().info());
    if (!parsed->is_object()) return broken(file, "its value is no object");
    return parsed;
}

} // namespace malla::cli
