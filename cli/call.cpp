// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/exit.hpp"
#include "cli/output.hpp"
#include "cli/results.hpp"
#include "cli/run.hpp"
#include "cli/schema.hpp"
#include "cli/session.hpp"
#include "cli/settings.hpp"
#include "cli/stream.hpp"
#include "cli/usage.hpp"
#include "malla/node/stop_signal.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <unistd.h>

namespace malla::cli {

namespace {

class FutureCall final : public StreamCall {
public:
    explicit FutureCall(Future<std::string> future) : future_{std::move(future)} {}

    bool wait(Deadline until) override { return future_.wait_until(until); }
    Result<std::optional<std::string>> next() override {
        auto result = future_.get();
        if (!result) return std::move(result).error();
        return std::optional{*std::move(result)};
    }

private:
    Future<std::string> future_;
};

class ValuesCall final : public StreamCall {
public:
    explicit ValuesCall(RemoteStream<std::string> values) : values_{std::move(values)} {}

    bool wait(Deadline until) override { return values_.wait_until(until); }
    Result<std::optional<std::string>> next() override { return values_.next(); }
    [[nodiscard]] bool gives_stream() const noexcept override { return true; }

private:
    RemoteStream<std::string> values_;
};

CallOptions call_options(const CallCommand& command, std::optional<Deadline> deadline) {
    CallOptions options;
    options.deadline = deadline;
    options.idempotent = command.idempotent;
    options.no_wait = command.no_wait;
    options.on = command.on;
    options.version = command.version;
    options.key = command.key;
    options.traceparent = process_environment()("TRACEPARENT").value_or("");
    return options;
}

ResultStyle style_of(const CallbackDescription& callback, const Common& common) {
    ResultStyle style;
    style.format = common.mesh.format;
    style.bytes = text_member(callback.result(), "contentEncoding") == "base64";
    return style;
}

/// Without the callback every line fails, and is told of.
int stream(Node& node, const CallCommand& command, const Common& common, const Result<CallbackDescription>& callback) {
    const StopSignal signal;
    StreamOptions options;
    options.in_flight = command.in_flight;
    options.unordered = command.unordered;
    options.keep_going = command.keep_going;
    options.null_separated = command.null_separated;
    options.progress = command.progress;
    options.quiet = common.quiet;
    options.from_line = command.from_line;
    options.style.format = common.mesh.format;
    if (callback) options.style = style_of(*callback, common);
    options.style.in_stream = true;
    const Target& to = command.target;
    const CallOptions plain = call_options(command, std::nullopt); // each value of a stream may take the timeout
    CallOptions held = plain;
    held.held = true;
    const auto begin = [&](const std::string& arguments) -> std::unique_ptr<StreamCall> {
        if (callback->gives_stream())
            return std::make_unique<ValuesCall>(node.stream(to.service, to.callback, arguments, plain));
        return std::make_unique<FutureCall>(node.async(to.service, to.callback, arguments, held));
    };
    const StreamEnds ends{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, signal.fd()};
    const StreamSteps steps{[&](std::string_view line) -> Result<std::string> {
                                if (!callback) return callback.error();
                                return arguments_of_line(*callback, line);
                            },
                            begin, [&] { node.send_held(); }};
    const int code = run_stream(options, ends, steps);
    return code == 0 && !callback ? fail(callback.error(), common) : code; // there was no line to fail
}

/// Each value may take the timeout, not all of them together.
int print_stream(Node& node, const CallCommand& command, const Common& common, const CallbackDescription& callback,
                 const std::string& arguments) {
    const StopSignal signal;
    ResultStyle style = style_of(callback, common);
    style.in_stream = true;
    auto values =
        node.stream(command.target.service, command.target.callback, arguments, call_options(command, std::nullopt));
    return write_results(std::move(values), style, common, signal.fd());
}

/// A line for each node; gives the worst of their codes.
int call_all(Node& node, const CallCommand& command, const std::string& arguments, Deadline deadline,
             const ResultStyle& style, const Common& common) {
    const auto all =
        node.call_all(command.target.service, command.target.callback, arguments, call_options(command, deadline));
    if (!all) return fail(all.error(), common);
    int worst = 0;
    for (const auto& [id, name, result] : *all) {
        const auto line = result ? node_line_text(name, *result, style) : Result<std::string>{result.error()};
        if (line) {
            if (const int code = print(*line); code != 0) return code;
            continue;
        }
        if (!common.quiet) print_error(failed_node_text(name, line.error()));
        worst = std::max(worst, exit_code(line.error()));
    }
    return worst;
}

} // namespace

int run(const CallCommand& command, const Common& common) {
    const Deadline deadline = Deadline::in(common.mesh.timeout);
    Node node{node_options(common, false)};
    const auto callback =
        wait_for_callback(node, command.target, command.on, command.version, common, command.no_wait, deadline);
    if (command.from_input) return stream(node, command, common, callback);
    if (!callback) return fail(callback.error(), common);
    const auto arguments = arguments_of_words(*callback, command.arguments.words, command.arguments.separator);
    if (!arguments) return fail(arguments.error(), common);
    if (callback->gives_stream()) {
        if (command.all || command.one_way)
            return fail(usage_error("The callback gives a stream of values", "leave --all and --one-way out"), common);
        return print_stream(node, command, common, *callback, *arguments);
    }
    if (command.all) return call_all(node, command, *arguments, deadline, style_of(*callback, common), common);
    if (command.one_way) {
        const auto sent =
            node.send(command.target.service, command.target.callback, *arguments, call_options(command, deadline));
        return sent ? 0 : fail(sent.error(), common);
    }
    const auto result =
        node.call(command.target.service, command.target.callback, *arguments, call_options(command, deadline));
    if (!result) return fail(result.error(), common);
    const auto text = result_text(*result, style_of(*callback, common));
    if (!text) return fail(text.error(), common);
    leave(print(*text));
}

} // namespace malla::cli
