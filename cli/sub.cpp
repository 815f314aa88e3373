// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/live_output.hpp"
#include "cli/output.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "malla/base/error.hpp"

#include <cstdint>
#include <string>

#include <unistd.h>

namespace malla::cli {

namespace {

// A burst may be longer than what the reader of the output takes meanwhile.
constexpr SubscribeOptions room{200'000, 64 * 1024 * 1024};

/// The event as JSON; for people its topic and value; raw, its value alone.
std::string text_of(const Published& event, Format format) {
    const std::string value = *event.value.dump(); // it was read as JSON
    const ResultStyle style{.format = format, .in_stream = true};
    if (format == Format::raw) return value_or_throw(result_text(value, style));
    if (format == Format::text) return event.topic + ' ' + value_or_throw(result_text(value, style));
    return *Json::object({{"topic", event.topic}, {"node", event.node_name}, {"value", event.value}}).dump() + '\n';
}

} // namespace

int run(const SubCommand& command, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    const bool on_terminal = terminal_of(STDOUT_FILENO, process_environment()).is_terminal;
    LiveOutput output{common};
    std::uint64_t left = command.count;
    const auto write = [&](const Published& event) {
        const std::string line = text_of(event, common.mesh.format);
        output.write(on_terminal ? harmless(line, true) : line);
        if (left == 1) output.end(0);
        if (left > 1) --left;
    };
    const auto subscription = (*node)->subscribe(command.pattern, write, room);
    if (!subscription) return fail(subscription.error(), common);
    return output.wait([&] { return subscription->dropped(); });
}

} // namespace malla::cli
