// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include "cli/app.hpp"
#include "cli/choice_options.hpp"
#include "cli/event_options.hpp"
#include "cli/usage.hpp"
#include "cli/words.hpp"
#include "malla/node/options.hpp"

#include <CLI/CLI.hpp>

namespace malla::cli {

namespace {

// ---- What there is

void add_mesh_options(CLI::App& app) {
    const MeshOptions defaults;
    values(app, "--broker", "ENDPOINT", "meet at this broker; may be repeated [MALLA_BROKER]");
    values(app, "--peer", "ENDPOINT",
           "join through this node, or those that a URL finds; may be repeated [MALLA_PEER]");
    value(app, "--loopback", "ENDPOINT", "where the nodes of this machine meet [MALLA_LOOPBACK]")
        ->default_str(defaults.loopback);
    value(app, "--context", "NAME", "a named set of these options [MALLA_CONTEXT]")->default_str("default");
    value(app, "--secret-file", "FILE", "the secret of the cluster: everything is encrypted [MALLA_SECRET_FILE]");
    value(app, "--key-file", "FILE", "an own key pair instead, see keygen [MALLA_KEY_FILE]");
    value(app, "--allow", "FILE", "the keys that an own node lets in, with --key-file [MALLA_ALLOW]");
    flag(app, "--insecure", "bind beyond loopback without credentials");
    value(app, "--cluster", "NAME", "nodes of other clusters are invisible [MALLA_CLUSTER]")
        ->default_str(defaults.cluster);
    value(app, "--timeout", "DURATION", "for each call: 200ms, 5s, 2m [MALLA_TIMEOUT]")
        ->default_str(duration_text(defaults.timeout));
    value(app, "--format", "FORMAT", "auto, json, text or raw")->default_str("auto");
    flag(app, "-v,--verbose", "more on standard error");
    flag(app, "-q,--quiet", "nothing on standard error");
}

constexpr const char* call_notes =
    "Each ARGUMENT is read as the callback's types say: text for a string, else JSON;\n"
    "name=value gives a parameter by its name. - as the only one: a call for each line\n"
    "of standard input, the line being one parameter's value, or of several a JSON array\n"
    "or object.\n"
    "After SERVICE.CALLBACK a word is an option only if it is exactly one of the above\n"
    "(--option=value and -jN included); anything else, -3 and --word too, is an argument.\n"
    "After -- every word is an argument.";

void add_call(CLI::App& app) {
    auto& call = *app.add_subcommand("call", "call a service: one result, or one for each line of input");
    names(call, "SERVICE.CALLBACK", "what to call");
    names(call, "ARGUMENT", "see below", CLI::detail::expected_max_vector_size)->required(false);
    value(call, "--on", "NODE", "only the instance of this node, by name or id");
    add_choice(call);
    flag(call, "--idempotent", "allow a second run where the first may have run");
    flag(call, "--no-wait", "do not wait for a service that is not there yet");
    value(call, "-j", "N", "calls in flight for a stream")->default_str("1");
    flag(call, "--unordered", "write each result as it comes");
    flag(call, "--keep-going", "report a failed line on standard error and go on");
    flag(call, "--null", "input lines end with NUL");
    value(call, "--from-line", "N", "resume: begin at this line of the input");
    flag(call, "--progress", "say on standard error how far it is");
    call.footer(call_notes);
}

void add_listings(CLI::App& app) {
    app.add_subcommand("ls", "the services of the mesh");
    app.add_subcommand("nodes", "the nodes of the mesh");
    names(*app.add_subcommand("info", "the instances of a service"), "SERVICE", "its name");
    names(*app.add_subcommand("describe", "callbacks with their parameters, types and JSON schema"),
          "SERVICE[.CALLBACK]", "what to describe");
}

void add_host_options(CLI::App& app) {
    const NodeOptions defaults;
    value(app, "--name", "NAME", "the node's name")->default_str("HOST-PID");
    value(app, "--bind", "ENDPOINT", "where it serves calls; port * is any")->default_str(defaults.bind);
    value(app, "--advertise", "ENDPOINT", "what others connect to, where that differs");
}

constexpr const char* serve_notes =
    "With --lines the command must write each line at once: sed -u, grep --line-buffered,\n"
    "mawk -W interactive, python3 -u, or stdbuf -oL COMMAND.";

void add_hosts(CLI::App& app) {
    auto& run = *app.add_subcommand("run", "a node that hosts services from shared objects");
    names(run, "FILE.so", "the shared objects", CLI::detail::expected_max_vector_size);
    value(run, "--config", "FILE", "TOML or JSON: a table for each service");
    values(run, "--set", "SERVICE.PATH=VALUE", "configure one value; may be repeated");
    add_host_options(run);

    auto& serve = *app.add_subcommand("serve", "a shell command as a service");
    names(serve, "SERVICE.CALLBACK", "the name to serve it as");
    value(serve, "--exec", "COMMAND", "run by sh: its input is the argument, its output the result")->required();
    flag(serve, "--lines", "one long-lived process: a line in and a line out for each call");
    flag(serve, "--json", "the output is JSON, not text");
    value(serve, "-w", "N", "processes at once")->default_str("1");
    value(serve, "--limit", "DURATION", "kill a command that runs longer");
    add_host_options(serve);
    serve.footer(serve_notes);
}

constexpr const char* plugins_notes =
    "A PLUGIN is a name that `malla plugins` shows, of which the part behind the last ::\n"
    "is enough, one that the node offers, or the path of a shared object. One that is\n"
    "added comes on top, as far as dependencies allow.";

constexpr const char* config_notes =
    "A PATH is the names of members with dots between them. A VALUE is JSON if it reads as\n"
    "JSON, else text; null takes the value out. FILE is TOML, or JSON if its name ends in\n"
    ".json, with what is to be merged into the configuration of this service.";

void add_operations(CLI::App& app) {
    auto& plugins = *app.add_subcommand("plugins", "the chain of a service, and changing it");
    names(plugins, "SERVICE", "its name");
    names(plugins, "CHANGE", "add PLUGIN, remove PLUGIN or set PLUGIN...", CLI::detail::expected_max_vector_size)
        ->required(false);
    plugins.footer(plugins_notes);
    auto& config = *app.add_subcommand("config", "the configuration of a service, and changing it");
    names(config, "SERVICE", "its name");
    names(config, "ACTION", "get PATH, set PATH=VALUE... or apply FILE", CLI::detail::expected_max_vector_size)
        ->required(false);
    config.footer(config_notes);
    auto& explain = *app.add_subcommand("explain", "the links that take part in a callback now, top first");
    names(explain, "SERVICE.CALLBACK", "what to explain");
    auto& drain = *app.add_subcommand("drain", "refuse new calls and let a service finish its work");
    flag(drain, "--wait", "end when nothing is left to be done");
    app.add_subcommand("pause", "refuse calls of a service; its plugins go on");
    app.add_subcommand("resume", "take calls again after a pause, a drain or a stop");
    app.add_subcommand("stop", "stop the plugins of a service; its node goes on");
    app.add_subcommand("ready", "succeed when a service is ready for calls");
    for (const char* name : {"pause", "resume", "stop", "drain", "ready"})
        names(*app.get_subcommand(name), "SERVICE", "its name");
    for (const char* name : {"plugins", "config", "explain", "pause", "resume", "stop", "drain", "ready"})
        value(*app.get_subcommand(name), "--on", "NODE", "only the instance of this node, by name or id");
}

void add_everything(CLI::App& app) {
    app.name("malla");
    app.set_help_flag("-h,--help", "this text");
    flag(app, "--version", "the version of this program");
    app.fallthrough();
    app.require_subcommand(1);
    add_mesh_options(app);
    add_call(app);
    add_listings(app);
    add_hosts(app);
    add_operations(app);
    add_events(app);
    auto& keygen = *app.add_subcommand("keygen", "make a key pair, or the secret of a cluster");
    keygen.add_option("FILE", "where it goes, readable for you alone; else to standard output");
    flag(keygen, "--secret", "a secret that all nodes of a cluster share");
    keygen.footer("The public key of a pair is printed: it is what others put on their list of allowed keys,\n"
                  "and behind # in an endpoint.");
    app.add_subcommand("version", "the version of this program");
}

// ---- Reading it

OptionNames options_of(const CLI::App& app) {
    OptionNames found;
    for (const CLI::Option* option : app.get_options()) {
        const bool takes_value = option->get_items_expected_max() > 0;
        for (const auto& name : option->get_lnames()) found.emplace("--" + name, takes_value);
        for (const auto& name : option->get_snames()) found.emplace("-" + name, takes_value);
    }
    return found;
}

Grammar grammar_of(const CLI::App& app) {
    Grammar grammar{options_of(app), {}};
    for (const CLI::App* command : app.get_subcommands({})) {
        const std::string& name = command->get_name();
        const bool has_data = name == "call" || name == "pub";
        grammar.commands.emplace(name, Grammar::Command{options_of(*command), has_data ? 1 : Grammar::no_data});
    }
    return grammar;
}

Result<Target> target(const std::string& word) {
    const auto dot = word.rfind('.');
    if (dot != std::string::npos && dot > 0 && dot + 1 < word.size())
        return Target{word.substr(0, dot), word.substr(dot + 1)};
    return usage_error("'" + word + "' names no callback", "write SERVICE.CALLBACK, as in Calculator.calculate");
}

Result<Command> read_call(const CLI::App& app) {
    CallCommand call;
    auto wanted = target(*text(app, "SERVICE.CALLBACK"));
    if (!wanted) return std::move(wanted).error();
    call.target = *std::move(wanted);
    const auto& words = app.get_option("ARGUMENT")->results();
    for (const std::string& word : words) {
        if (is_separator(word)) call.separator = call.arguments.size();
        call.arguments.emplace_back(unmarked(word));
    }
    call.from_input = call.arguments.size() == 1 && call.arguments[0] == "-";
    const auto in_flight = count(app, "-j", 1);
    const auto from_line = count(app, "--from-line", 1);
    if (!in_flight) return in_flight.error();
    if (!from_line) return from_line.error();
    constexpr std::uint64_t max_in_flight = 65536;
    if (*in_flight > max_in_flight) return usage_error("-j is at most " + std::to_string(max_in_flight));
    call.in_flight = *in_flight;
    call.from_line = *from_line;
    call.on = text(app, "--on").value_or("");
    if (auto chosen = read_choice(app, call); !chosen) return std::move(chosen).error();
    call.idempotent = flag(app, "--idempotent");
    call.no_wait = flag(app, "--no-wait");
    call.unordered = flag(app, "--unordered");
    call.keep_going = flag(app, "--keep-going");
    call.null_separated = flag(app, "--null");
    call.progress = flag(app, "--progress");
    return Command{std::move(call)};
}

HostOptions read_host_options(const CLI::App& app) {
    return {text(app, "--name").value_or(""), text(app, "--bind").value_or(""), text(app, "--advertise").value_or("")};
}

Result<Command> read_run(const CLI::App& app) {
    RunCommand run;
    for (auto& file : texts(app, "FILE.so")) run.files.emplace_back(std::move(file));
    if (auto config = text(app, "--config")) run.config = *std::move(config);
    run.settings = texts(app, "--set");
    run.host = read_host_options(app);
    return Command{std::move(run)};
}

Result<Command> read_serve(const CLI::App& app) {
    ServeCommand serve;
    auto wanted = target(*text(app, "SERVICE.CALLBACK"));
    if (!wanted) return std::move(wanted).error();
    serve.target = *std::move(wanted);
    serve.command = *text(app, "--exec");
    serve.lines = flag(app, "--lines");
    serve.json = flag(app, "--json");
    const auto workers = count(app, "-w", 1);
    if (!workers) return workers.error();
    serve.workers = *workers;
    if (const auto limit = text(app, "--limit")) {
        const auto read = read_duration("--limit", *limit);
        if (!read) return read.error();
        serve.limit = *read;
    }
    serve.host = read_host_options(app);
    return Command{std::move(serve)};
}

Result<Command> read_describe(const CLI::App& app) {
    const std::string word = *text(app, "SERVICE[.CALLBACK]");
    const auto both = target(word);
    if (!both) return Command{DescribeCommand{word, ""}};
    return Command{DescribeCommand{both->service, both->callback}};
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
    if (command.plugins.size() != 1) return usage_error(word + " wants one plugin");
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
                                              : "one file"));
    command.action = action == "get" ? Action::get : Action::change;
    if (action == "get") command.path = words.front();
    else if (action == "apply") command.file = words.front();
    else command.settings = std::move(words);
    return Command{std::move(command)};
}

Result<Command> read_explain(const CLI::App& app) {
    auto wanted = target(*text(app, "SERVICE.CALLBACK"));
    if (!wanted) return std::move(wanted).error();
    return Command{ExplainCommand{*std::move(wanted), text(app, "--on").value_or("")}};
}

Command read_lifecycle(const CLI::App& app, LifecycleCommand::Wish wish) {
    const bool wait = wish == LifecycleCommand::Wish::drain && flag(app, "--wait");
    return LifecycleCommand{wish, *text(app, "SERVICE"), text(app, "--on").value_or(""), wait};
}

Result<Command> read_command(const CLI::App& app) {
    using Wish = LifecycleCommand::Wish;
    const std::string& name = app.get_name();
    if (name == "call") return read_call(app);
    if (name == "ls") return Command{LsCommand{}};
    if (name == "nodes") return Command{NodesCommand{}};
    if (name == "info") return Command{InfoCommand{*text(app, "SERVICE")}};
    if (name == "describe") return read_describe(app);
    if (name == "run") return read_run(app);
    if (name == "serve") return read_serve(app);
    if (name == "plugins") return read_plugins(app);
    if (name == "config") return read_config(app);
    if (name == "explain") return read_explain(app);
    if (name == "pause") return read_lifecycle(app, Wish::pause);
    if (name == "resume") return read_lifecycle(app, Wish::resume);
    if (name == "stop") return read_lifecycle(app, Wish::stop);
    if (name == "drain") return read_lifecycle(app, Wish::drain);
    if (name == "ready") return read_lifecycle(app, Wish::ready);
    if (name == "pub") return read_pub(app);
    if (name == "sub") return read_sub(app);
    if (name == "watch") return read_watch(app);
    if (name == "keygen") return Command{KeygenCommand{text(app, "FILE").value_or(""), flag(app, "--secret")}};
    return Command{VersionCommand{}};
}

Settings command_line_settings(const CLI::App& app) {
    Settings settings;
    settings.brokers = texts(app, "--broker");
    settings.peers = texts(app, "--peer");
    settings.loopback = text(app, "--loopback");
    settings.cluster = text(app, "--cluster");
    settings.secret_file = text(app, "--secret-file");
    settings.key_file = text(app, "--key-file");
    settings.allow_file = text(app, "--allow");
    settings.timeout = text(app, "--timeout");
    settings.format = text(app, "--format");
    settings.insecure = flag(app, "--insecure");
    return settings;
}

Result<Common> read_common(const CLI::App& app, const Environment& environment) {
    auto name = text(app, "--context");
    if (!name) name = environment("MALLA_CONTEXT");
    auto context = context_settings(name.value_or("default"), environment);
    if (!context) return std::move(context).error();
    auto settings = prefer(command_line_settings(app), environment_settings(environment));
    auto mesh = resolve(prefer(std::move(settings), *std::move(context)));
    if (!mesh) return std::move(mesh).error();
    return Common{*std::move(mesh), flag(app, "--verbose"), flag(app, "--quiet")};
}

Result<Invocation> read_parsed(const CLI::App& app, const Environment& environment) {
    auto common = read_common(app, environment);
    if (!common) return std::move(common).error();
    auto command = read_command(*app.get_subcommands().front());
    if (!command) return std::move(command).error();
    return Invocation{*std::move(common), *std::move(command)};
}

Invocation help_of(const CLI::App& app) {
    Invocation invocation;
    invocation.command = HelpCommand{app.help()};
    return invocation;
}

} // namespace

Result<Invocation> read_command_line(std::span<const std::string> words, const Environment& environment) {
    if (words.size() == 1 && words.front() == "--version") return Invocation{{}, VersionCommand{}};
    CLI::App app{"Services on a mesh: call them, see them, host them."};
    add_everything(app);
    auto marked = mark_words(words, grammar_of(app));
    if (!marked) return std::move(marked).error();
    std::ranges::reverse(*marked); // as CLI11 wants them
    try {
        app.parse(*std::move(marked));
    } catch (const CLI::CallForHelp&) {
        return help_of(app);
    } catch (const CLI::ParseError& error) {
        return usage_error(error.what(), "malla --help, or malla COMMAND --help");
    }
    return read_parsed(app, environment);
}

bool asks_for_json(std::span<const std::string> words) noexcept {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] == "--format=json" || (words[i] == "--format" && i + 1 < words.size() && words[i + 1] == "json"))
            return true;
    return false;
}

} // namespace malla::cli
