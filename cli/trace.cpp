// SPDX-License-Identifier: Apache-2.0
// trace: one call, and the spans that it caused wherever it went.
#include "malla/service/trace.hpp"
#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/output.hpp"
#include "cli/run.hpp"
#include "cli/schema.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/trace_tree.hpp"
#include "cli/usage.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace malla::cli {

namespace {

using namespace std::chrono_literals;

// How long after its answer the spans of a call are waited for, where some are missing.
constexpr auto patience = 1s;
// How many are shown at most.
constexpr std::size_t max_spans = 10'000;

template <class Duration>
std::int64_t microseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

/// The spans that were told. Any thread.
class Spans {
public:
    void add(const Published& event) {
        const std::lock_guard lock{mutex_};
        const Json* about = event.value.find("payload");
        if (about && about->find("more")) incomplete_.insert(event.node_name);
        auto span = TracedSpan::read(event.value, event.node_name);
        if (!span) return;
        if (spans_.size() < max_spans) spans_.push_back(*std::move(span));
        else ++left_out_;
        came_.notify_all();
    }
    void wait_until_complete(const TracedSpan& root, Deadline until) {
        std::unique_lock lock{mutex_};
        came_.wait_until(lock, until.at(), [&] { return is_complete(root, spans_) || left_out_ > 0; });
    }
    [[nodiscard]] std::vector<TracedSpan> all() const {
        const std::lock_guard lock{mutex_};
        return spans_;
    }
    /// What is to be said of those that are missing.
    [[nodiscard]] std::string missing(std::uint64_t lost) const {
        const std::lock_guard lock{mutex_};
        std::string text;
        for (const auto& node : incomplete_) text += "node " + node + " told of its first spans only\n";
        if (left_out_ + lost > 0) text += std::to_string(left_out_ + lost) + " spans are missing\n";
        return text;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable came_;
    std::vector<TracedSpan> spans_;
    std::set<std::string> incomplete_; ///< nodes
    std::uint64_t left_out_ = 0;
};

std::string duration_text(std::int64_t us) {
    if (us < 1000) return std::to_string(us) + " us";
    const bool seconds = us >= 1'000'000;
    const std::int64_t hundredths = us / (seconds ? 10'000 : 10);
    const std::string rest = std::to_string(hundredths % 100);
    return std::to_string(hundredths / 100) + '.' + (rest.size() < 2 ? "0" : "") + rest + (seconds ? " s" : " ms");
}

std::string locale() {
    const auto environment = process_environment();
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (auto value = environment(name)) return *std::move(value);
    return {};
}

/// A call that was traced: what became of it, and what it caused.
struct Traced {
    TracedSpan root;
    std::vector<TracedSpan> spans;
    Result<std::string> result;
    std::string trace;
};

Json row_of(const TraceRow& row) {
    Json json = Json::object({{"name", row.span.name},
                              {"kind", row.span.kind},
                              {"node", row.span.node},
                              {"depth", row.depth},
                              {"start_us", row.start_us},
                              {"took_us", row.span.took_us},
                              {"status", row.span.status},
                              {"span", row.span.span},
                              {"parent", row.span.parent.empty() ? Json{} : Json{row.span.parent}}});
    if (!row.span.info.empty()) json.set("info", row.span.info);
    return json;
}

std::string lines_of(const Traced& traced) {
    std::string text;
    for (const auto& row : tree_of(traced.root, traced.spans, Branches::ascii)) {
        Json json = row_of(row);
        if (row.depth == 0) {
            json.set("trace", traced.trace);
            if (traced.result)
                if (auto value = Json::parse(*traced.result)) json.set("result", *std::move(value));
        }
        if (const auto line = json.dump()) text += *line + '\n';
    }
    return text;
}

std::string table_of(const Traced& traced, const Terminal& terminal) {
    Listing listing{{{"CALL", "call"},
                     {"NODE", "node"},
                     {"START", "start"},
                     {"TOOK", "took"},
                     {.heading = "STATUS", .member = "status", .may_be_cut = true}}};
    for (const auto& row : tree_of(traced.root, traced.spans, Branches::for_locale(locale()))) {
        std::string status = row.span.status;
        if (row.depth == 0 && traced.result) status += ": " + *traced.result;
        listing.add(Json::object({{"call", row.branches + (row.span.kind == "client" ? "call " : "") + row.span.name},
                                  {"node", row.span.node},
                                  {"start", duration_text(std::max<std::int64_t>(row.start_us, 0))},
                                  {"took", duration_text(row.span.took_us)},
                                  {"status", status}}));
    }
    return listing.text(Format::text, terminal);
}

/// The arguments for the callback, which has to be there.
Result<std::string> arguments_for(Node& node, const TraceCommand& command, const Common& common, Deadline deadline) {
    const auto callback = wait_for_callback(node, command.target, command.on, {}, common, command.no_wait, deadline);
    if (!callback) return callback.error();
    if (callback->gives_stream())
        return usage_error("The callback gives a stream of values", "trace a callback that gives one result");
    return arguments_of_words(*callback, command.arguments.words, command.arguments.separator);
}

/// Makes the call inside a span of its own, the root of the trace.
Traced call(Node& node, const TraceCommand& command, const std::string& arguments, const TraceContext& trace,
            Deadline deadline) {
    CallOptions options;
    options.deadline = deadline;
    options.on = command.on;
    options.no_wait = command.no_wait;
    const std::string traceparent = trace.traceparent();
    const Span span{"trace", {}, {trace::SpanKind::client, nullptr, traceparent}};
    TracedSpan root{span.context().span_id(),
                    "",
                    command.target.service + '.' + command.target.callback,
                    "client",
                    "",
                    node.name(),
                    microseconds(std::chrono::system_clock::now().time_since_epoch()),
                    0,
                    "ok",
                    ""};
    const auto began = Clock::now();
    auto result = node.call(command.target.service, command.target.callback, arguments, options);
    root.took_us = microseconds(Clock::now() - began);
    if (!result) {
        root.status = result.error().id();
        root.info = result.error().info();
    }
    return {std::move(root), {}, std::move(result), trace.trace_id()};
}

} // namespace

int run(const TraceCommand& command, const Common& common) {
    const Deadline deadline = Deadline::in(common.mesh.timeout);
    Node node{node_options(common, false)};
    const auto arguments = arguments_for(node, command, common, deadline);
    if (!arguments) return fail(arguments.error(), common);
    const TraceContext trace = TraceContext::new_told_trace();
    Spans spans;
    const auto subscription = node.subscribe(trace.told_topic(), [&](const Published& event) { spans.add(event); },
                                             {max_spans, 64 * 1024 * 1024});
    if (!subscription) return fail(subscription.error(), common);
    if (const auto listening = subscription->wait_listening(deadline); !listening)
        return fail(listening.error(), common);
    Traced traced = call(node, command, *arguments, trace, deadline);
    const bool was_handled = traced.result || traced.result.error().outcome() == Outcome::answered;
    TracedSpan expected = traced.root;
    if (was_handled) expected.status = "ok";
    spans.wait_until_complete(expected, Deadline::in(patience));
    traced.spans = spans.all();
    if (!common.quiet) print_error(spans.missing(subscription->dropped()));
    const Terminal terminal = terminal_of(STDOUT_FILENO, process_environment());
    const bool for_people = is_for_people(common.mesh.format, terminal.is_terminal);
    const int printed = print(for_people ? table_of(traced, terminal) : lines_of(traced));
    if (printed != 0) return printed;
    return traced.result ? 0 : fail(traced.result.error(), common);
}

} // namespace malla::cli
