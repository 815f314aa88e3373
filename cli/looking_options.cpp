// SPDX-License-Identifier: Apache-2.0
#include "cli/looking_options.hpp"

#include "cli/app.hpp"
#include "cli/target.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace malla::cli {

namespace {

constexpr const char* trace_notes =
    "Writes the call and all that it caused, on every node that it reached: calls of other\n"
    "services and what their code calls a span, each with its node, its start behind that\n"
    "of the call, how long it took and how it ended. Arguments and exit status are those\n"
    "of malla call.";

constexpr const char* tap_notes = "A line for each call from outside, when it has ended: arguments and results are\n"
                                  "shortened on a terminal, whole under a pipe; of more than 16 KiB the size is told.\n"
                                  "The service does not wait for it: calls that come too fast are counted and told on\n"
                                  "standard error.";

} // namespace

void add_looking(CLI::App& app) {
    auto& trace = *app.add_subcommand("trace", "call a service and show the tree of what that caused");
    names(trace, "SERVICE.CALLBACK", "what to call");
    names(trace, "ARGUMENT", "as those of call", CLI::detail::expected_max_vector_size)->required(false);
    value(trace, "--on", "NODE", "only the instance of this node, by name or id");
    flag(trace, "--no-wait", "do not wait for a service that is not there yet");
    trace.footer(trace_notes);
    examples(trace, {"malla trace Echo.text hello"});
    auto& tap = *app.add_subcommand("tap", "the calls of a service as they pass, until interrupted");
    names(tap, "SERVICE", "its name");
    names(tap, "CALLBACK", "only the calls of this one")->required(false);
    value(tap, "--on", "NODE", "only the instance of this node, by name or id");
    tap.footer(tap_notes);
    examples(tap, {"malla tap Echo", "malla tap Echo text --format json"});
}

Result<Command> read_trace(const CLI::App& app) {
    TraceCommand trace;
    auto wanted = target(*text(app, "SERVICE.CALLBACK"));
    if (!wanted) return std::move(wanted).error();
    trace.target = *std::move(wanted);
    trace.arguments = arguments(app);
    trace.on = text(app, "--on").value_or("");
    trace.no_wait = flag(app, "--no-wait");
    return Command{std::move(trace)};
}

Result<Command> read_tap(const CLI::App& app) {
    return Command{
        TapCommand{*text(app, "SERVICE"), text(app, "CALLBACK").value_or(""), text(app, "--on").value_or("")}};
}

} // namespace malla::cli
