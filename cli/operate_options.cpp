// SPDX-License-Identifier: Apache-2.0
#include "cli/operate_options.hpp"

#include "cli/app.hpp"
#include "cli/target.hpp"
#include "cli/usage.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace malla::cli {

namespace {

constexpr const char* plugins_notes =
    "A PLUGIN is a name that `malla plugins` shows, of which the part behind the last ::\n"
    "is enough, one that the node offers, or the path of a shared object. One that is\n"
    "added comes on top, as far as dependencies allow.";

constexpr const char* config_notes =
    "A PATH is the names of members with dots between them. A VALUE is JSON if it reads as\n"
    "JSON, else text; null takes the value out. FILE is TOML, or JSON if its name ends in\n"
    ".json, with what is to be merged into the configuration of this service, or a file as\n"
    "`malla run --config` takes it, in which that is the member SERVICE.";

} // namespace

void add_operations(CLI::App& app) {
    auto& plugins = *app.add_subcommand("plugins", "the chain of a service, and changing it");
    names(plugins, "SERVICE", "its name");
    names(plugins, "CHANGE", "add PLUGIN, remove PLUGIN or set PLUGIN...", CLI::detail::expected_max_vector_size)
        ->required(false);
    plugins.footer(plugins_notes);
    examples(plugins,
             {"malla plugins Echo", "malla plugins Echo add ../plugins/timing.so", "malla plugins Echo remove Timing"});
    auto& config = *app.add_subcommand("config", "the configuration of a service, and changing it");
    names(config, "SERVICE", "its name");
    names(config, "ACTION", "get PATH, set PATH=VALUE... or apply FILE", CLI::detail::expected_max_vector_size)
        ->required(false);
    config.footer(config_notes);
    examples(config, {"malla config Echo", "malla config Echo set greeting.language=en",
                      "malla config Echo get greeting.language"});
    auto& explain = *app.add_subcommand("explain", "the links that take part in a callback now, top first");
    names(explain, "SERVICE.CALLBACK", "what to explain");
    flag(explain, "--time", "measure the calls that come: where the time goes, link by link");
    value(explain, "--for", "DURATION", "how long to measure")->default_str(duration_text(ExplainCommand{}.time));
    value(explain, "--count", "N", "measure no longer than so many calls take");
    examples(explain, {"malla explain Echo.text",
                       "malla bench Echo.text hello --duration 3s & malla explain Echo.text --time --count 100; wait"});
    auto& drain = *app.add_subcommand("drain", "refuse new calls and let a service finish its work");
    flag(drain, "--wait", "end when nothing is left to be done");
    app.add_subcommand("pause", "refuse calls of a service; its plugins go on");
    app.add_subcommand("resume", "take calls again after a pause, a drain or a stop");
    app.add_subcommand("stop", "stop the plugins of a service; its node goes on");
    auto& ready = *app.add_subcommand("ready", "succeed when a service is ready for calls");
    flag(ready, "--wait", "wait for that, until --timeout, and for its first instance too");
    for (const char* name : {"pause", "resume", "stop", "drain", "ready"})
        names(*app.get_subcommand(name), "SERVICE", "its name");
    examples(*app.get_subcommand("pause"), {"malla pause Echo && malla resume Echo"});
    examples(*app.get_subcommand("resume"), {"malla resume Echo"});
    examples(*app.get_subcommand("stop"), {"malla stop Echo && malla resume Echo"});
    examples(drain, {"malla drain Echo --wait && malla resume Echo"});
    examples(ready, {"malla ready Echo --wait && echo it takes calls"});
    for (const char* name : {"plugins", "config", "explain", "pause", "resume", "stop", "drain", "ready"})
        value(*app.get_subcommand(name), "--on", "NODE", "only the instance of this node, by name or id");
}

Result<Command> read_plugins(const CLI::App& app) {
    using Change = PluginsCommand::Change;
    PluginsCommand command{*text(app, "SERVICE"), Change::none, texts(app, "CHANGE"), text(app, "--on").value_or("")};
    if (command.plugins.empty()) return Command{std::move(command)};
    const std::string word = command.plugins.front();
    command.plugins.erase(command.plugins.begin());
    if (word == "set") {
        command.change = Change::set;
        return Command{std::move(command)};
    }
    if (word != "add" && word != "remove")
        return usage_error("'" + word + "' is no change of a chain",
                           "write add PLUGIN, remove PLUGIN or set PLUGIN...");
    if (command.plugins.size() != 1) return usage_error(word + " wants one plugin", "write " + word + " PLUGIN");
    command.change = word == "add" ? Change::add : Change::remove;
    return Command{std::move(command)};
}

Result<Command> read_config(const CLI::App& app) {
    using Action = ConfigCommand::Action;
    ConfigCommand command;
    command.service = *text(app, "SERVICE");
    command.on = text(app, "--on").value_or("");
    auto words = texts(app, "ACTION");
    if (words.empty()) return Command{std::move(command)};
    const std::string action = words.front();
    words.erase(words.begin());
    if (action != "get" && action != "set" && action != "apply")
        return usage_error("'" + action + "' is nothing to do with a configuration",
                           "write get PATH, set PATH=VALUE... or apply FILE");
    if (words.empty() || (action != "set" && words.size() != 1))
        return usage_error(action + " wants " +
                               (action == "get"   ? "one path"
                                : action == "set" ? "PATH=VALUE"
                                                  : "one file"),
                           "write get PATH, set PATH=VALUE... or apply FILE");
    command.action = action == "get" ? Action::get : Action::change;
    if (action == "get") command.path = words.front();
    else if (action == "apply") command.file = words.front();
    else command.settings = std::move(words);
    return Command{std::move(command)};
}

Result<Command> read_explain(const CLI::App& app) {
    auto wanted = target(*text(app, "SERVICE.CALLBACK"));
    if (!wanted) return std::move(wanted).error();
    ExplainCommand explain{*std::move(wanted), text(app, "--on").value_or("")};
    explain.measure = flag(app, "--time");
    const auto calls = count(app, "--count", explain.count);
    if (!calls) return calls.error();
    const auto time = duration(app, "--for", explain.time);
    if (!time) return time.error();
    if (!explain.measure && (text(app, "--count") || text(app, "--for")))
        return usage_error("--for and --count say how to measure", "add --time");
    explain.count = *calls;
    explain.time = *time;
    return Command{std::move(explain)};
}

Command read_lifecycle(const CLI::App& app, LifecycleCommand::Wish wish) {
    using enum LifecycleCommand::Wish;
    const bool wait = (wish == drain || wish == ready) && flag(app, "--wait");
    return LifecycleCommand{wish, *text(app, "SERVICE"), text(app, "--on").value_or(""), wait};
}

} // namespace malla::cli
