// SPDX-License-Identifier: Apache-2.0
#include "cli/choice_options.hpp"

#include "cli/app.hpp"
#include "cli/usage.hpp"

#include <CLI/CLI.hpp>

namespace malla::cli {

void add_choice(CLI::App& call) {
    value(call, "--vsn", "RANGE", "only instances of these versions: \">=1.2 <2\"");
    value(call, "--key", "STRING", "the same instance for the same key");
    flag(call, "--all", "every instance: a line for each node");
    flag(call, "--one-way", "end when it is sent, without a result");
}

Result<void> read_choice(const CLI::App& app, CallCommand& call) {
    if (const auto range = text(app, "--vsn")) {
        auto version = VersionRange::parse(*range);
        if (!version) return usage_error("--vsn: " + version.error().info(), "such as --vsn '>=1.2 <2'");
        call.version = *version;
    }
    call.key = text(app, "--key");
    call.all = flag(app, "--all");
    call.one_way = flag(app, "--one-way");
    if (call.all && call.key)
        return usage_error("--all and --key exclude each other", "--all is every instance, --key one");
    if (call.all && call.one_way) return usage_error("--all and --one-way exclude each other", "leave one of them out");
    if (call.from_input && (call.all || call.one_way))
        return usage_error(std::string{call.all ? "--all" : "--one-way"} + " is for one call, not for a stream",
                           "leave it out, or give the arguments instead of -");
    return {};
}

} // namespace malla::cli
