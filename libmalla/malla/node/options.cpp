// SPDX-License-Identifier: Apache-2.0
#include "malla/node/options.hpp"

#include "malla/base/error.hpp"

#include <array>
#include <cstdlib>
#include <functional>
#include <string_view>

namespace malla {

namespace {

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const auto end = list.find(',');
        if (end != 0) parts.emplace_back(list.substr(0, end));
        list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
    }
    return parts;
}

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

const std::array<Setting, 8>& settings() {
    static const std::array<Setting, 8> all{{
        {"--name", nullptr, false, [](auto& options, auto values) { options.name = values[0]; }},
        {"--cluster", "MALLA_CLUSTER", false, [](auto& options, auto values) { options.cluster = values[0]; }},
        {"--broker", "MALLA_BROKER", true, [](auto& options, auto values) { options.brokers = std::move(values); }},
        {"--peer", "MALLA_PEER", true, [](auto& options, auto values) { options.peers = std::move(values); }},
        {"--loopback", "MALLA_LOOPBACK", false, [](auto& options, auto values) { options.loopback = values[0]; }},
        {"--bind", nullptr, false, [](auto& options, auto values) { options.bind = values[0]; }},
        {"--advertise", nullptr, false, [](auto& options, auto values) { options.advertise = values[0]; }},
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
    if (variable && *variable) return setting.list ? split(variable) : std::vector<std::string>{variable};
    return values;
}

} // namespace

NodeOptions options(int argc, char** argv) {
    NodeOptions options;
    for (const auto& setting : settings())
        if (auto values = values_of(setting, argc, argv); !values.empty()) setting.set(options, std::move(values));
    for (int i = 1; i < argc; ++i)
        if (std::string_view{argv[i]} == "--insecure") options.insecure = true;
    return options;
}

} // namespace malla
