// SPDX-License-Identifier: Apache-2.0
#include "cli/context_options.hpp"

#include "cli/app.hpp"
#include "cli/context_files.hpp"
#include "cli/usage.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace malla::cli {

namespace {

using Action = ContextCommand::Action;

bool says_nothing(const Settings& settings) {
    return settings.brokers.empty() && settings.peers.empty() && !settings.loopback && !settings.cluster &&
           !settings.secret_file && !settings.key_file && !settings.timeout && !settings.format && !settings.insecure;
}

std::optional<Action> action_of(std::string_view word) {
    if (word == "ls") return Action::list;
    if (word == "add") return Action::add;
    if (word == "use") return Action::use;
    if (word == "rm") return Action::remove;
    return std::nullopt;
}

} // namespace

void add_context(CLI::App& app) {
    auto& context = *app.add_subcommand("context", "named sets of the options that find a mesh");
    names(context, "ACTION", "ls, add NAME, use NAME or rm NAME", 2);
    context.footer("add keeps the options that stand beside it: --broker, --peer, --loopback, --cluster,\n"
                   "--secret-file, --key-file, --allow, --timeout, --format and --insecure. use has every\n"
                   "command take it that is not told another by --context or MALLA_CONTEXT.");
    examples(context, {"malla context add local --loopback tcp://127.0.0.1:6255", "malla context use local",
                       "malla context ls", "malla context use default", "malla context rm local"});
}

Result<Command> read_context(const CLI::App& app, Settings settings) {
    const auto words = texts(app, "ACTION");
    const auto action = action_of(words[0]);
    if (!action)
        return usage_error("'" + words[0] + "' is nothing to do with a context",
                           "write ls, add NAME, use NAME or rm NAME");
    ContextCommand command{*action, words.size() > 1 ? words[1] : "", std::move(settings)};
    if (*action == Action::list)
        return words.size() == 1 ? Result<Command>{std::move(command)}
                                 : usage_error("context ls takes no name", "it lists all contexts");
    if (words.size() == 1)
        return usage_error("context " + words[0] + " wants a name", "malla context ls lists those that there are");
    if (auto fault = context_name_fault(command.name)) return *std::move(fault);
    if (*action == Action::add && says_nothing(command.settings))
        return usage_error("Nothing is said of the context",
                           "malla context add " + command.name + " --broker ENDPOINT");
    return Command{std::move(command)};
}

} // namespace malla::cli
