// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include "cli/app.hpp"
#include "cli/choice_options.hpp"
#include "cli/context_files.hpp"
#include "cli/context_options.hpp"
#include "cli/event_options.hpp"
#include "cli/host_options.hpp"
#include "cli/looking_options.hpp"
#include "cli/measure_options.hpp"
#include "cli/operate_options.hpp"
#include "cli/target.hpp"
#include "cli/top_options.hpp"
#include "cli/usage.hpp"
#include "cli/words.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

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
    "Each ARGUMENT is read as the callback's types say: text for a string; for any type\n"
    "JSON if it reads as JSON, else text; JSON for all others. name=value gives a\n"
    "parameter by its name. - as the only one: a call for each line\n"
    "of standard input, the line being one parameter's value, or of several a JSON array\n"
    "or object.\n"
    "After SERVICE.CALLBACK a word is an option only if it is exactly one of the above or\n"
    "of malla --help (--option=value and -jN included); anything else, -3 and --word too,\n"
    "is an argument. After -- every word is an argument. Text that may begin with the name\n"
    "of a parameter and = is given by its name: NAME=\"$text\".";

constexpr const char* options_of_all =
    "\nThe options of every command, --timeout and --format among them: malla --help\n";

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
    flag(call, "--progress", "say on standard error how far it is, even if that is no terminal");
    call.footer(call_notes);
    examples(call, {"malla call Calculator.calculate add 2 3", "malla call Calculator.calculate a=2 b=3 op=add",
                    "seq 1000 | malla call Calculator.square - -j 64 | tail -n 1",
                    "malla call Echo.text hello --all --timeout 2s"});
}

void add_listings(CLI::App& app) {
    examples(*app.add_subcommand("ls", "the services of the mesh"),
             {"malla ls", "malla ls --format json | jq -r 'select(.status != \"running\").name'"});
    examples(*app.add_subcommand("nodes", "the nodes of the mesh"),
             {"malla nodes", "malla nodes --format json | jq -r .endpoint"});
    auto& info = *app.add_subcommand("info", "the instances of a service");
    names(info, "SERVICE", "its name");
    examples(info, {"malla info Calculator"});
    auto& describe = *app.add_subcommand("describe", "callbacks with their parameters, types and JSON schema");
    names(describe, "SERVICE[.CALLBACK]", "what to describe");
    examples(describe, {"malla describe Calculator", "malla describe Calculator.calculate --format json | jq .params"});
}

void add_everything(CLI::App& app) {
    add_call(app);
    add_listings(app);
    add_hosts(app);
    add_operations(app);
    add_events(app);
    add_top(app);
    add_measures(app);
    add_looking(app);
    examples(*app.add_subcommand("doctor", "what is wrong with how the mesh is found, and what to do about it"),
             {"malla doctor", "malla doctor --format json | jq -r 'select(.verdict != \"ok\").advice'"});
    add_context(app);
    auto& completion = *app.add_subcommand("completion", "have a shell complete commands, services and nodes");
    names(completion, "SHELL", "bash, zsh or fish");
    completion.footer("A line in the file that the shell reads at its start is enough:\n"
                      "  bash   source <(malla completion bash)\n"
                      "  zsh    source <(malla completion zsh)\n"
                      "  fish   malla completion fish | source");
    examples(completion, {"malla completion bash"});
    auto& keygen = *app.add_subcommand("keygen", "make a key pair, or the secret of a cluster");
    keygen.add_option("FILE", "where it goes, readable for you alone; else to standard output");
    flag(keygen, "--secret", "a secret that all nodes of a cluster share");
    keygen.footer("The public key of a pair is printed: it is what others put on their list of allowed keys,\n"
                  "and behind # in an endpoint.");
    examples(keygen, {"malla keygen node.key", "malla keygen --secret cluster.secret"});
    examples(*app.add_subcommand("version", "the version of this program"), {"malla version"});
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
        const bool has_data = name == "call" || name == "pub" || name == "bench" || name == "trace";
        grammar.commands.emplace(name, Grammar::Command{options_of(*command), has_data ? 1 : Grammar::no_data});
    }
    return grammar;
}

/// What only a stream of calls has.
Result<void> check_stream_options(const CLI::App& app) {
    for (const char* name : {"-j", "--unordered", "--keep-going", "--null", "--from-line", "--progress"})
        if (app.count(name) > 0)
            return usage_error(std::string{name} + " is for a call for each line of standard input",
                               "- as the only argument reads it");
    return {};
}

Result<Command> read_call(const CLI::App& app) {
    CallCommand call;
    auto wanted = target(*text(app, "SERVICE.CALLBACK"));
    if (!wanted) return std::move(wanted).error();
    call.target = *std::move(wanted);
    call.arguments = arguments(app);
    call.from_input = call.arguments.words == std::vector<std::string>{"-"};
    if (auto fits = call.from_input ? Result<void>{} : check_stream_options(app); !fits) return std::move(fits).error();
    const auto in_flight = count(app, "-j", 1);
    const auto from_line = count(app, "--from-line", 1);
    if (!in_flight) return in_flight.error();
    if (!from_line) return from_line.error();
    constexpr std::uint64_t max_in_flight = 65536;
    if (*in_flight > max_in_flight)
        return usage_error("-j is at most " + std::to_string(max_in_flight), "more than a thousand are seldom of use");
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

Result<Command> read_describe(const CLI::App& app) {
    const std::string word = *text(app, "SERVICE[.CALLBACK]");
    const auto both = target(word);
    if (!both) return Command{DescribeCommand{word, ""}};
    return Command{DescribeCommand{both->service, both->callback}};
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

Result<Command> read_completion(const CLI::App& app) {
    const std::string shell = *text(app, "SHELL");
    if (shell == "bash" || shell == "zsh" || shell == "fish") return Command{CompletionCommand{shell}};
    return usage_error("Unknown shell '" + shell + "'", "one of bash, zsh, fish");
}

template <LifecycleCommand::Wish W>
Result<Command> read_wish(const CLI::App& app) {
    return read_lifecycle(app, W);
}

/// Of a command that is told nothing.
template <class C>
Result<Command> read_plain(const CLI::App&) {
    return Command{C{}};
}

Result<Command> read_info(const CLI::App& app) { return Command{InfoCommand{*text(app, "SERVICE")}}; }

Result<Command> read_context_of(const CLI::App& app) {
    return read_context(app, command_line_settings(*app.get_parent()));
}

Result<Command> read_keygen(const CLI::App& app) {
    return Command{KeygenCommand{text(app, "FILE").value_or(""), flag(app, "--secret")}};
}

Result<Command> read_command(const CLI::App& app) {
    using Wish = LifecycleCommand::Wish;
    using Read = Result<Command> (*)(const CLI::App&);
    constexpr auto readers = std::to_array<std::pair<std::string_view, Read>>({
        {"call", read_call},
        {"ls", read_plain<LsCommand>},
        {"nodes", read_plain<NodesCommand>},
        {"info", read_info},
        {"describe", read_describe},
        {"run", read_run},
        {"serve", read_serve},
        {"plugins", read_plugins},
        {"config", read_config},
        {"explain", read_explain},
        {"pause", read_wish<Wish::pause>},
        {"resume", read_wish<Wish::resume>},
        {"stop", read_wish<Wish::stop>},
        {"drain", read_wish<Wish::drain>},
        {"ready", read_wish<Wish::ready>},
        {"pub", read_pub},
        {"sub", read_sub},
        {"watch", read_watch},
        {"top", read_top},
        {"ping", read_ping},
        {"bench", read_bench},
        {"trace", read_trace},
        {"tap", read_tap},
        {"doctor", read_plain<DoctorCommand>},
        {"context", read_context_of},
        {"completion", read_completion},
        {"keygen", read_keygen},
        {"version", read_plain<VersionCommand>},
    });
    const auto* reader = std::ranges::find(readers, app.get_name(), [](const auto& each) { return each.first; });
    return reader->second(app); // the parser knows no others
}

Result<Common> read_common(const CLI::App& app, const Environment& environment) {
    auto name = text(app, "--context");
    if (!name) name = environment("MALLA_CONTEXT");
    // A context that is broken may be looked at and replaced.
    const bool has_context = app.get_subcommands().front()->get_name() != "context";
    auto context = has_context ? context_settings(name ? *name : chosen_context(environment), environment) : Settings{};
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

std::unique_ptr<CLI::App> no_commands() {
    auto app = std::make_unique<CLI::App>("Services on a mesh: call them, see them, host them.", "malla");
    app->set_help_flag("-h,--help", "this text");
    flag(*app, "--version", "the version of this program");
    app->fallthrough();
    app->require_subcommand(1);
    add_mesh_options(*app);
    return app;
}

/// Scripts call in loops: that does not set up the options of every other command, a sixth of the program's start.
std::unique_ptr<CLI::App> commands_for(std::span<const std::string> words) {
    if (words.empty() || words.front() != "call") return all_commands();
    auto app = no_commands();
    add_call(*app);
    return app;
}

/// A command to which the mesh does not matter.
Invocation alone(Command command) {
    Invocation invocation;
    invocation.command = std::move(command);
    return invocation;
}

} // namespace

std::unique_ptr<CLI::App> all_commands() {
    auto app = no_commands();
    add_everything(*app);
    return app;
}

Result<Invocation> read_command_line(std::span<const std::string> words, const Environment& environment) {
    if (words.size() == 1 && words.front() == "--version") return alone(VersionCommand{});
    // For scripts of this program, not for people.
    if (!words.empty() && words.front() == "__complete")
        return alone(CompleteCommand{{words.begin() + 1, words.end()}});
    if (words.size() == 2 && words.front() == "__manual") return alone(ManualCommand{words[1]});
    const auto commands = commands_for(words);
    CLI::App& app = *commands;
    auto marked = mark_words(words, grammar_of(app));
    if (!marked) return std::move(marked).error();
    std::ranges::reverse(*marked); // as CLI11 wants them
    try {
        app.parse(*std::move(marked));
    } catch (const CLI::CallForHelp&) {
        return alone(HelpCommand{app.get_subcommands().empty() ? app.help() : app.help() + options_of_all});
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
