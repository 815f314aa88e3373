// SPDX-License-Identifier: Apache-2.0
#include "cli/event_options.hpp"

#include "cli/app.hpp"
#include "cli/usage.hpp"
#include "cli/words.hpp"
#include "malla/wire/topic_pattern.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace malla::cli {

namespace {

constexpr const char* pub_notes =
    "A VALUE is JSON if it reads as JSON, else a string; none is null. - stands for standard\n"
    "input: an event for each line. It ends with 0 when a rendezvous has read all of them.\n"
    "After TOPIC a word is an option only if it is exactly one of the above or of malla\n"
    "--help; after -- none is.";

constexpr const char* pattern_notes =
    "In a PATTERN * is any one word of a topic, and > at the end one or more: orders.*,\n"
    "orders.>, > for all.";

Result<std::string> pattern_of(const CLI::App& app, const std::string& otherwise) {
    std::string pattern = text(app, "PATTERN").value_or(otherwise);
    if (auto fault = wire::pattern_fault(pattern))
        return usage_error(*fault, "such as orders.*, orders.> or > for all");
    return pattern;
}

} // namespace

void add_events(CLI::App& app) {
    auto& pub = *app.add_subcommand("pub", "publish an event, or one for each line of input");
    names(pub, "TOPIC", "words with dots between: orders.created");
    names(pub, "VALUE", "see below", CLI::detail::expected_max_vector_size)->required(false);
    pub.footer(pub_notes);
    examples(pub, {"malla pub orders.created '{\"id\": 7}'", "seq 3 | malla pub numbers -"});
    auto& sub = *app.add_subcommand("sub", "write the events that are published from now on, a JSON line each");
    names(sub, "PATTERN", "of topics");
    value(sub, "--count", "N", "end after so many");
    sub.footer(pattern_notes);
    examples(sub, {"malla sub 'orders.>'", "malla sub '>' --count 1 | jq ."});
    auto& watch = *app.add_subcommand("watch", "nodes, services and events as they come, change and go");
    names(watch, "PATTERN", "of the events' topics; all unless given")->required(false);
    watch.footer(pattern_notes);
    examples(watch, {"malla watch", "malla watch 'orders.*' --format json | jq --unbuffered -c ."});
}

Result<Command> read_pub(const CLI::App& app) {
    PubCommand pub;
    pub.topic = *text(app, "TOPIC");
    if (auto fault = wire::topic_fault(pub.topic))
        return usage_error(*fault, "write words with dots between, as in orders.created");
    auto words = app.get_option("VALUE")->results();
    if (!words.empty() && is_separator(words.front())) words.erase(words.begin());
    if (words.size() > 1) return usage_error("pub wants one VALUE", "quote it: malla pub orders.created '{\"id\": 7}'");
    if (!words.empty()) pub.value = unmarked(words.front());
    pub.from_input = words.size() == 1 && pub.value == "-";
    return Command{std::move(pub)};
}

Result<Command> read_sub(const CLI::App& app) {
    auto pattern = pattern_of(app, "");
    if (!pattern) return std::move(pattern).error();
    const auto most = count(app, "--count", 0);
    if (!most) return most.error();
    return Command{SubCommand{*std::move(pattern), *most}};
}

Result<Command> read_watch(const CLI::App& app) {
    auto pattern = pattern_of(app, ">");
    if (!pattern) return std::move(pattern).error();
    return Command{WatchCommand{*std::move(pattern)}};
}

} // namespace malla::cli
