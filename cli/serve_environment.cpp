// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_environment.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include <unistd.h>

namespace malla::cli {

namespace {

constexpr std::string_view meta = "MALLA_META_";

char in_variable(char c) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_word = byte < 0x80 && std::isalnum(byte) != 0;
    return is_word ? static_cast<char>(std::toupper(byte)) : '_';
}

void set(const char* name, const std::string& value) {
    if (value.empty()) ::unsetenv(name);
    else ::setenv(name, value.c_str(), 1);
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : ",") + text;
    return all;
}

void unset_call() {
    std::vector<std::string> names{"TRACEPARENT"};
    for (char** each = environ; each && *each; ++each) {
        const std::string_view variable{*each};
        if (variable.starts_with(meta)) names.emplace_back(variable.substr(0, variable.find('=')));
    }
    for (const auto& name : names) ::unsetenv(name.c_str());
}

} // namespace

std::vector<std::string> call_environment(const Target& target, const CallInfo& info, std::string_view traceparent) {
    std::vector<std::string> all;
    const auto add = [&](std::string name, std::string_view value) {
        if (value.find('\0') == std::string_view::npos) all.push_back((name += '=').append(value));
    };
    add("MALLA_SERVICE", target.service);
    add("MALLA_CALLBACK", target.callback);
    add("MALLA_CALLER", info.caller_name);
    add("MALLA_IDENTITY", info.identity);
    add("MALLA_REQUEST_ID", info.id.origin.text() + "/" + std::to_string(info.id.number));
    if (!traceparent.empty()) add("TRACEPARENT", traceparent);
    for (const auto& [key, value] : info.metadata) {
        std::string name{meta};
        std::ranges::transform(key, std::back_inserter(name), in_variable);
        add(std::move(name), value);
    }
    return all;
}

void set_environment(const MeshOptions& mesh) {
    unset_call();
    set("MALLA_BROKER", joined(mesh.brokers));
    set("MALLA_PEER", joined(mesh.peers));
    set("MALLA_LOOPBACK", mesh.loopback);
    set("MALLA_CLUSTER", mesh.cluster);
    set("MALLA_SECRET_FILE", mesh.credentials.secret);
    set("MALLA_KEY_FILE", mesh.credentials.key);
    set("MALLA_ALLOW", mesh.credentials.allow);
}

} // namespace malla::cli
