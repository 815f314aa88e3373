// SPDX-License-Identifier: Apache-2.0
#include "broker/options.hpp"

#include "malla/base/json.hpp"

#include <toml++/toml.h>

#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>
#include <utility>

namespace malla::broker {

namespace {

Status wrong(std::string_view key, std::string_view expected) {
    return Status{"bad_request", std::string{"'"}.append(key).append("' must be ").append(expected)};
}

Result<Json> to_json(const toml::node& node) {
    if (const auto* text = node.as_string()) return Json{text->get()};
    if (const auto* flag = node.as_boolean()) return Json{flag->get()};
    if (const auto* number = node.as_integer()) return Json{number->get()};
    const auto* list = node.as_array();
    if (list == nullptr) return Json{};
    Json items = Json::array();
    for (const toml::node& each : *list) {
        auto item = to_json(each);
        if (!item) return item;
        items.push_back(*std::move(item));
    }
    return items;
}

Result<Json> parse_toml(const std::string& text, const std::string& path) {
    try {
        const toml::table table = toml::parse(text, path);
        Json all = Json::object();
        for (const auto& [key, node] : table) all.set(key.str(), *to_json(node));
        return all;
    } catch (const toml::parse_error& error) {
        return Status{"bad_request",
                      "line " + std::to_string(error.source().begin.line) + ": " + std::string{error.description()}};
    }
}

Result<void> read_texts(std::vector<std::string>& into, std::string_view key, const Json& value) {
    if (value.is_string()) return into.push_back(value.as_string()), Result<void>{};
    if (!value.is_array()) return wrong(key, "an endpoint or a list of endpoints");
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!value.at(i).is_string()) return wrong(key, "an endpoint or a list of endpoints");
        into.push_back(value.at(i).as_string());
    }
    return {};
}

Result<void> read_text(std::optional<std::string>& into, std::string_view key, const Json& value) {
    if (!value.is_string()) return wrong(key, "a text");
    into = value.as_string();
    return {};
}

Result<void> read_port(std::optional<std::uint16_t>& into, std::string_view key, const Json& value) {
    constexpr double longest = std::numeric_limits<std::uint16_t>::max();
    const double port = value.is_number() ? value.as_number() : -1;
    if (port < 0 || port > longest || port != static_cast<std::uint16_t>(port)) return wrong(key, "a port");
    into = static_cast<std::uint16_t>(port);
    return {};
}

Result<void> read_member(ConfigFile& config, std::string_view key, const Json& value) {
    if (key == "bind") return read_texts(config.bind, key, value);
    if (key == "cluster") return read_text(config.cluster, key, value);
    if (key == "secret-file") return read_text(config.secret_file, key, value);
    if (key == "key-file") return read_text(config.key_file, key, value);
    if (key == "allow") return read_text(config.allow, key, value);
    if (key == "log-format") return read_text(config.log_format, key, value);
    if (key == "pub-port") return read_port(config.pub_port, key, value);
    if (key == "sub-port") return read_port(config.sub_port, key, value);
    if (key != "insecure" && key != "no-relay")
        return Status{"bad_request", std::string{"'"}.append(key).append("' is no option")};
    if (value.kind() != Json::Kind::boolean) return wrong(key, "true or false");
    (key == "insecure" ? config.insecure : config.no_relay) = value.as_bool();
    return {};
}

Result<ConfigFile> read_all(const Json& json) {
    if (!json.is_object()) return Status{"bad_request", "the file holds no object"};
    ConfigFile config;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto& [key, value] = json.member(i);
        if (auto read = read_member(config, key, value); !read) return std::move(read).error();
    }
    return config;
}

} // namespace

Result<ConfigFile> read_config(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return Status{"bad_request", "cannot read " + path};
    auto json = path.ends_with(".json") ? Json::parse(text.str()) : parse_toml(text.str(), path);
    auto config = json ? read_all(*json) : Result<ConfigFile>{std::move(json).error()};
    if (!config) return Status{"bad_request", path + ": " + config.error().info()};
    return config;
}

} // namespace malla::broker
