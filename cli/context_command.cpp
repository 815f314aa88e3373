// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/context_files.hpp"
#include "cli/run.hpp"
#include "cli/table.hpp"
#include "cli/usage.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace malla::cli {

namespace {

void absolute(std::optional<std::string>& path) {
    if (path) path = std::filesystem::absolute(*path).string();
}

Json text_or_null(const std::optional<std::string>& text) { return text ? Json{*text} : Json{}; }

Json text_or_null(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
    return text.empty() ? Json{} : Json{text};
}

Json row_of(const std::string& name, const std::string& chosen, const Environment& environment) {
    Json row = Json::object({{"name", name}, {"used", name == chosen}});
    const auto settings = context_settings(name, environment);
    if (!settings) return row.set("error", settings.error().info()), row;
    row.set("broker", text_or_null(settings->brokers)).set("peer", text_or_null(settings->peers));
    row.set("loopback", text_or_null(settings->loopback)).set("cluster", text_or_null(settings->cluster));
    row.set("secret-file", text_or_null(settings->secret_file)).set("key-file", text_or_null(settings->key_file));
    row.set("allow", text_or_null(settings->allow_file)).set("insecure", settings->insecure);
    row.set("timeout", text_or_null(settings->timeout)).set("format", text_or_null(settings->format));
    return row;
}

Listing::Column optional_column(const char* heading, const char* member) {
    return {.heading = heading, .member = member, .may_be_cut = true, .is_optional = true};
}

int list(const Common& common, const Environment& environment) {
    const std::string chosen = chosen_context(environment);
    auto names = context_names(environment);
    if (std::ranges::find(names, "default") == names.end()) names.insert(names.begin(), "default");
    Listing listing{{{"CONTEXT", "name"},
                     {"USED", "used"},
                     optional_column("BROKER", "broker"),
                     optional_column("PEER", "peer"),
                     optional_column("LOOPBACK", "loopback"),
                     optional_column("CLUSTER", "cluster"),
                     optional_column("TIMEOUT", "timeout"),
                     optional_column("FORMAT", "format"),
                     optional_column("ERROR", "error")}};
    for (const auto& name : names) listing.add(row_of(name, chosen, environment));
    return print(listing, common);
}

Result<void> add(const ContextCommand& command, const Environment& environment) {
    if (context_file(command.name, environment))
        return usage_error("There is a context '" + command.name + "' already",
                           "`malla context rm " + command.name + "` removes it");
    Settings settings = command.settings;
    std::vector<std::string> endpoints = settings.brokers;
    std::ranges::copy(settings.peers, std::back_inserter(endpoints));
    if (settings.loopback) endpoints.push_back(*settings.loopback);
    for (const std::string& endpoint : endpoints)
        if (endpoint.find("://") == std::string::npos)
            return usage_error("'" + endpoint + "' is no endpoint", "write tcp://HOST:PORT");
    if (auto valid = resolve(settings); !valid) return std::move(valid).error();
    absolute(settings.secret_file);
    absolute(settings.key_file);
    absolute(settings.allow_file);
    return write_context(command.name, settings, environment);
}

Result<void> use(const std::string& name, const Environment& environment) {
    if (auto there = context_settings(name, environment); !there) return std::move(there).error();
    return choose_context(name, environment);
}

Result<void> remove(const std::string& name, const Environment& environment) {
    const auto file = context_file(name, environment);
    if (!file) return unknown_context(name, environment);
    std::error_code error;
    if (!std::filesystem::remove(*file, error))
        return usage_error(file->string() + " cannot be removed: " + error.message(), "see who owns its folder");
    return chosen_context(environment) == name ? choose_context("default", environment) : Result<void>{};
}

} // namespace

int run(const ContextCommand& command, const Common& common) {
    using Action = ContextCommand::Action;
    const Environment environment = process_environment();
    if (command.action == Action::list) return list(common, environment);
    const auto done = command.action == Action::add   ? add(command, environment)
                      : command.action == Action::use ? use(command.name, environment)
                                                      : remove(command.name, environment);
    return done ? 0 : fail(done.error(), common);
}

} // namespace malla::cli
