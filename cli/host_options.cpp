// SPDX-License-Identifier: Apache-2.0
#include "cli/host_options.hpp"

#include "cli/app.hpp"
#include "cli/target.hpp"
#include "cli/usage.hpp"
#include "malla/node/options.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace malla::cli {

namespace {

void add_host_options(CLI::App& app) {
    const NodeOptions defaults;
    value(app, "--name", "NAME", "the node's name")->default_str("HOST-PID");
    value(app, "--bind", "ENDPOINT", "where it serves calls; port * is any")->default_str(defaults.bind);
    value(app, "--advertise", "ENDPOINT", "what others connect to, where that differs");
}

constexpr const char* serve_notes =
    "With --lines the command must answer each line with one line, and write it at once: sed -u,\n"
    "mawk -W interactive, python3 -u, or stdbuf -oL COMMAND. One that leaves out a line, as grep does,\n"
    "or writes one more, is killed and started again, as which line answers which cannot be told.\n\n"
    "Each process of --exec has the call in its environment: MALLA_DEADLINE_MS (the time that is left),\n"
    "MALLA_SERVICE, MALLA_CALLBACK, MALLA_CALLER, MALLA_IDENTITY, MALLA_REQUEST_ID, TRACEPARENT and\n"
    "MALLA_META_KEY for metadata. With the variables that find the mesh, a `malla call` in it calls on.\n\n"
    "A FILE has a table for each callback, and in it the options above without their dashes:\n"
    "  [\"Text.upper\"]\n"
    "  exec = \"tr a-z A-Z\"\n"
    "  workers = 4\n"
    "  limit = \"5s\"\n"
    "with lines and json as true or false. It is TOML, or JSON if its name ends in .json.";

HostOptions read_host_options(const CLI::App& app) {
    return {text(app, "--name").value_or(""), text(app, "--bind").value_or(""), text(app, "--advertise").value_or("")};
}

Result<ServedCommand> read_served(const CLI::App& app) {
    const auto name = text(app, "SERVICE.CALLBACK");
    const auto command = text(app, "--exec");
    if (!name || !command)
        return usage_error(std::string{name ? "--exec" : "SERVICE.CALLBACK"} + " is required",
                           "malla serve SERVICE.CALLBACK --exec COMMAND, or malla serve -f FILE");
    auto wanted = target(*name);
    if (!wanted) return std::move(wanted).error();
    const auto workers = count(app, "-w", 1);
    if (!workers) return workers.error();
    if (*workers > ServedCommand::max_workers)
        return usage_error("-w " + std::to_string(*workers) + " is too many processes at once",
                           "at most " + std::to_string(ServedCommand::max_workers));
    ServedCommand served{*std::move(wanted), *command, flag(app, "--lines"), flag(app, "--json"), *workers, {}};
    if (const auto limit = text(app, "--limit")) {
        const auto read = read_duration("--limit", *limit);
        if (!read) return read.error();
        if (*read == Clock::duration{})
            return usage_error("--limit " + *limit + " leaves a command no time",
                               "leave it out where there is no limit");
        served.limit = *read;
    }
    return served;
}

} // namespace

void add_hosts(CLI::App& app) {
    auto& run = *app.add_subcommand("run", "a node that hosts services from shared objects");
    names(run, "FILE.so", "the shared objects", CLI::detail::expected_max_vector_size);
    value(run, "--config", "FILE", "TOML or JSON: a table for each service");
    values(run, "--set", "SERVICE.PATH=VALUE", "configure one value; may be repeated");
    add_host_options(run);
    examples(run, {"malla run ./echo.so", "malla run ./calculator.so --name sums --set Calculator.round=2"});

    auto& serve = *app.add_subcommand("serve", "a shell command as a service");
    names(serve, "SERVICE.CALLBACK", "the name to serve it as")->required(false);
    value(serve, "--exec", "COMMAND", "run by sh: its input is the argument, its output the result");
    flag(serve, "--lines", "long-lived processes: a line in and a line out for each call");
    flag(serve, "--json", "the output is JSON, not text");
    value(serve, "-w,--workers", "N", "processes at once")->default_str("1");
    value(serve, "--limit", "DURATION", "kill a command that runs longer");
    value(serve, "-f", "FILE", "serve the commands of this file instead, in one process");
    add_host_options(serve);
    serve.footer(serve_notes);
    examples(serve, {"malla serve Text.upper --exec 'tr a-z A-Z'",
                     "malla serve Text.lower --exec 'stdbuf -oL tr A-Z a-z' --lines", "malla serve -f text.toml"});
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
    serve.host = read_host_options(app);
    if (const auto file = text(app, "-f")) {
        for (const char* other : {"SERVICE.CALLBACK", "--exec", "--lines", "--json", "-w", "--limit"})
            if (flag(app, other))
                return usage_error("-f excludes " + std::string{other}, "what the commands are is in the file");
        serve.file = *file;
        return Command{std::move(serve)};
    }
    auto served = read_served(app);
    if (!served) return std::move(served).error();
    serve.served = *std::move(served);
    return Command{std::move(serve)};
}

} // namespace malla::cli
