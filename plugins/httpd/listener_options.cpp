// SPDX-License-Identifier: Apache-2.0
#include "plugins/httpd/listener_options.hpp"

#include "malla/base/json_merge.hpp"
#include "malla/codec/from_json.hpp"
#include "malla/codec/to_json.hpp"
#include "malla/transport/endpoint.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>

namespace malla::plugins {

namespace {

constexpr std::uint16_t highest_port = std::numeric_limits<std::uint16_t>::max();

Status invalid(const std::string& path, std::string_view what) {
    return Status{"parameter_invalid", path}.set_info(path + ": expected " + std::string{what});
}

Result<void> check_address(const ListenerOptions& options, const std::string& path) {
    const std::string endpoint = "tcp://" + endpoint_text(options.address, options.port);
    if (options.address == "*" || !transport::canonical(endpoint))
        return invalid(path, "a numeric address, such as 127.0.0.1 or ::1");
    if (options.insecure || transport::is_loopback(endpoint)) return {};
    return Status{"credentials_required"}.set_info(path + ": others than this machine could connect to " +
                                                   options.address + "; take a loopback address, or say insecure");
}

Result<ListenerOptions> listener_of(const Json& entry, std::size_t index, const std::string& path) {
    ListenerOptions defaults;
    defaults.name = index == 0 ? "default" : "default-" + std::to_string(index);
    defaults.port = static_cast<std::uint16_t>(std::min<std::size_t>(defaults.port + index, highest_port));
    const auto base = codec::to_json(defaults);
    if (!base) return base.error();
    auto options = codec::from_json<ListenerOptions>(merge_patch(*base, entry), path);
    if (!options) return options;
    if (options->name.empty()) return invalid(path + ".name", "a text that is not empty");
    if (auto checked = check_address(*options, path + ".address"); !checked) return std::move(checked).error();
    return options;
}

} // namespace

Result<std::vector<ListenerOptions>> listeners_of(const Json& config) {
    static const Json by_default = Json::object();
    const Json* given = config.find("httpd");
    const Json& entries = given ? *given : by_default;
    const bool many = entries.is_array();
    if (!many && !entries.is_object()) return invalid("httpd", "an object or a list of objects");
    std::vector<ListenerOptions> listeners;
    for (std::size_t i = 0; i < (many ? entries.size() : 1); ++i) {
        const std::string path = many ? "httpd[" + std::to_string(i) + ']' : "httpd";
        auto listener = listener_of(many ? entries.at(i) : entries, i, path);
        if (!listener) return std::move(listener).error();
        if (std::ranges::find(listeners, listener->name, &ListenerOptions::name) != listeners.end())
            return invalid(path + ".name", "a name that no other listener has, not " + listener->name);
        listeners.push_back(*std::move(listener));
    }
    return listeners;
}

std::string endpoint_text(const std::string& address, std::uint16_t port) {
    const bool bare_ipv6 = address.find(':') != std::string::npos;
    return (bare_ipv6 ? '[' + address + ']' : address) + ':' + std::to_string(port);
}

} // namespace malla::plugins
