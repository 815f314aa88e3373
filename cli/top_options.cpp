// SPDX-License-Identifier: Apache-2.0
#include "cli/top_options.hpp"

#include "cli/app.hpp"

#include <CLI/CLI.hpp>

namespace malla::cli {

namespace {

constexpr const char* top_notes =
    "On a terminal it fills the screen: q ends it, ? tells the other keys. Elsewhere, and with\n"
    "--format json, it writes a line for each instance each time, until interrupted.\n"
    "A latency is how long the handler took; the queue before it and the way are not in it.";

} // namespace

void add_top(CLI::App& app) {
    const TopCommand defaults;
    auto& top = *app.add_subcommand("top", "services, instances and nodes with what they do, as it changes");
    value(top, "--every", "DURATION", "look again after so long")->default_str(duration_text(defaults.every));
    value(top, "--count", "N", "end after so many looks");
    top.footer(top_notes);
    examples(top, {"malla top --count 2 --every 200ms",
                   "malla top --format json --count 1 --every 200ms | jq -c '[.service, .node, .rate]'"});
}

Result<Command> read_top(const CLI::App& app) {
    TopCommand top;
    if (const auto every = text(app, "--every")) {
        const auto read = read_duration("--every", *every);
        if (!read) return read.error();
        top.every = *read;
    }
    const auto often = count(app, "--count", top.count);
    if (!often) return often.error();
    top.count = *often;
    return Command{top};
}

} // namespace malla::cli
