// SPDX-License-Identifier: Apache-2.0
#include "cli/measure_options.hpp"

#include "cli/app.hpp"
#include "cli/target.hpp"
#include "cli/usage.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace malla::cli {

void add_measures(CLI::App& app) {
    const PingCommand ping_defaults;
    auto& ping = *app.add_subcommand("ping", "how long a call to each node takes");
    names(ping, "NODE", "its name or id; every node that hosts services unless given")->required(false);
    value(ping, "--count", "N", "so often")->default_str(std::to_string(ping_defaults.count));
    value(ping, "--every", "DURATION", "with that long between")->default_str(duration_text(ping_defaults.every));
    examples(ping, {"malla ping", "malla ping --count 3 --every 200ms"});

    const BenchCommand bench_defaults;
    auto& bench = *app.add_subcommand("bench", "call a service as fast as it answers: rate, latencies, errors");
    names(bench, "SERVICE.CALLBACK", "what to call");
    names(bench, "ARGUMENT", "as for call", CLI::detail::expected_max_vector_size)->required(false);
    value(bench, "-j", "N", "calls in flight")->default_str(std::to_string(bench_defaults.in_flight));
    value(bench, "--duration", "DURATION", "end after so long")->default_str(duration_text(bench_defaults.duration));
    value(bench, "--count", "N", "end after so many calls, if that is sooner");
    value(bench, "--on", "NODE", "only the instance of this node, by name or id");
    bench.footer("One call before the others is not counted. A latency is the time from a call to its result,\n"
                 "what it waits for its turn in a queue included; failed calls have none.");
    examples(bench, {"malla bench Echo.text hello --count 1000",
                     "malla bench Calculator.square 3 -j 8 --duration 500ms --format json | jq .latency_us"});
}

Result<Command> read_ping(const CLI::App& app) {
    PingCommand ping;
    ping.node = text(app, "NODE").value_or("");
    const auto often = count(app, "--count", ping.count);
    if (!often) return often.error();
    const auto every = duration(app, "--every", ping.every);
    if (!every) return every.error();
    ping.count = *often;
    ping.every = *every;
    return Command{std::move(ping)};
}

Result<Command> read_bench(const CLI::App& app) {
    BenchCommand bench;
    auto wanted = target(*text(app, "SERVICE.CALLBACK"));
    if (!wanted) return std::move(wanted).error();
    bench.target = *std::move(wanted);
    bench.arguments = arguments(app);
    const auto in_flight = count(app, "-j", bench.in_flight);
    if (!in_flight) return in_flight.error();
    if (*in_flight > max_bench_threads)
        return usage_error("-j is at most " + std::to_string(max_bench_threads), "each is a thread of this program");
    const auto most = count(app, "--count", bench.count);
    if (!most) return most.error();
    const auto limit = duration(app, "--duration", bench.duration);
    if (!limit) return limit.error();
    bench.in_flight = *in_flight;
    bench.count = *most;
    bench.duration = *limit;
    bench.on = text(app, "--on").value_or("");
    return Command{std::move(bench)};
}

} // namespace malla::cli
