// SPDX-License-Identifier: Apache-2.0
#include "malla/node/options.hpp"

#include "malla/base/error.hpp"
#include "malla/base/json_merge.hpp"
#include "malla/discovery/finder_url.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <string_view>

namespace malla {

namespace {

Clock::duration duration_of(std::string_view text) {
    if (const auto duration = parse_duration(text)) return *duration;
    throw Error{Status{"parameter_invalid", "timeout"}.set_info("'" + std::string{text} +
                                                                "' is no duration; write 200ms, 5s or 2m")};
}

struct Setting {
    std::string_view flag;
    const char* variable; ///< in the environment, or null
    bool list;            ///< the flag may be repeated; in the environment, commas separate
    std::function<void(NodeOptions&, std::vector<std::string>)> set;
};

const std::array<Setting, 12>& settings() {
    static const std::array<Setting, 12> all{{
        {"--name", nullptr, false, [](auto& options, auto values) { options.name = values[0]; }},
        {"--cluster", "MALLA_CLUSTER", false, [](auto& options, auto values) { options.cluster = values[0]; }},
        {"--broker", "MALLA_BROKER", true, [](auto& options, auto values) { options.brokers = std::move(values); }},
        {"--peer", "MALLA_PEER", true, [](auto& options, auto values) { options.peers = std::move(values); }},
        {"--loopback", "MALLA_LOOPBACK", false, [](auto& options, auto values) { options.loopback = values[0]; }},
        {"--bind", nullptr, false, [](auto& options, auto values) { options.bind = values[0]; }},
        {"--advertise", nullptr, false, [](auto& options, auto values) { options.advertise = values[0]; }},
        {"--secret-file", "MALLA_SECRET_FILE", false,
         [](auto& options, auto values) { options.credentials.secret = values[0]; }},
        {"--key-file", "MALLA_KEY_FILE", false,
         [](auto& options, auto values) { options.credentials.key = values[0]; }},
        {"--allow", "MALLA_ALLOW", false, [](auto& options, auto values) { options.credentials.allow = values[0]; }},
        {"--set", nullptr, true, [](auto& options, auto values) { apply_settings(options.config, values); }},
        {"--timeout", "MALLA_TIMEOUT", false,
         [](auto& options, auto values) { options.timeout = duration_of(values[0]); }},
    }};
    return all;
}

std::vector<std::string> values_of(const Setting& setting, int argc, char** argv) {
    std::vector<std::string> values;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == setting.flag) {
            if (i + 1 == argc)
                throw Error{Status{"parameter_missing", setting.flag}.set_info(std::string{word} + " needs a value")};
            values.emplace_back(argv[++i]);
        } else if (word.starts_with(setting.flag) && word.substr(setting.flag.size()).starts_with('=')) {
            values.emplace_back(word.substr(setting.flag.size() + 1));
        }
    }
    if (!values.empty() && !setting.list) return {values.back()};
    const char* variable = values.empty() && setting.variable ? std::getenv(setting.variable) : nullptr;
    if (variable && *variable) return setting.list ? split_endpoints(variable) : std::vector<std::string>{variable};
    return values;
}

Error usage(const std::string& what, std::string hint) {
    Status status{"usage", what};
    status.set_data("hint", std::move(hint));
    return Error{std::move(status)};
}

/// A secret and a key of its own exclude each other: what a flag says counts, and not the other's variable.
void prefer_flags(transport::CredentialFiles& files, int argc, char** argv) {
    const auto said = [&](std::string_view flag) {
        return std::any_of(argv, argv + argc, [&](std::string_view word) { return word.starts_with(flag); });
    };
    const bool secret = said("--secret-file");
    const bool key = said("--key-file");
    if (secret && !key) files.key.clear();
    if (key && !secret) files.secret.clear();
}

} // namespace

std::vector<std::string> split_endpoints(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        const auto part = list.substr(0, end);
        const bool continues =
            !parts.empty() && discovery::is_finder_url(parts.back()) && part.find("://") == std::string_view::npos;
        if (!part.empty() && continues) parts.back().append(",").append(part);
        else if (!part.empty()) parts.emplace_back(part);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return parts;
}

void apply_settings(ConfigLayers& config, const std::vector<std::string>& settings) {
    Json all = config.at(ConfigLayer::command_line);
    for (const std::string& setting : settings) {
        const auto equals = setting.find('=');
        const std::string text = equals == std::string::npos ? "" : setting.substr(equals + 1);
        auto value = Json::parse(text);
        const auto patch = at_path(setting.substr(0, equals), value ? *std::move(value) : Json{text});
        if (equals == std::string::npos || setting.find('.') > equals || !patch)
            throw usage("'" + setting + "' is no SERVICE.PATH=VALUE", "such as --set Echo.record=FILE");
        if (!patch->dump()) throw usage("what --set has is not text in UTF-8", "bytes travel as base64");
        all = combine_patches(Json::object(), all, *patch);
    }
    value_or_throw(config.set(ConfigLayer::command_line, std::move(all)));
}

bool is_configuration(const Json& config) noexcept {
    if (!config.is_object()) return false;
    for (std::size_t i = 0; i < config.size(); ++i)
        if (const Json& part = config.member(i).second; !part.is_object() && !part.is_null()) return false;
    return true;
}

void apply_environment(ConfigLayers& config) {
    const char* text = std::getenv("MALLA_CONFIG");
    if (!text || !*text) return;
    auto parsed = Json::parse(text);
    if (!parsed || !is_configuration(*parsed))
        throw usage("MALLA_CONFIG is no JSON object with an object, or null, for each service",
                    R"(such as {"Echo":{"record":"FILE"}})");
    value_or_throw(config.set(ConfigLayer::environment, *std::move(parsed)));
}

NodeOptions options(int argc, char** argv) {
    NodeOptions options;
    apply_environment(options.config);
    for (const auto& setting : settings())
        if (auto values = values_of(setting, argc, argv); !values.empty()) setting.set(options, std::move(values));
    for (int i = 1; i < argc; ++i)
        if (std::string_view{argv[i]} == "--insecure") options.insecure = true;
    prefer_flags(options.credentials, argc, argv);
    return options;
}

} // namespace malla
