// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "cli/serve_environment.hpp"
#include "cli/serve_exec.hpp"
#include "cli/serve_file.hpp"
#include "cli/serve_lines.hpp"
#include "cli/session.hpp"
#include "malla/node/stop_signal.hpp"
#include "malla/node/untyped_service.hpp"
#include "malla/service/trace.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace malla::cli {

namespace {

/// A shell command as a function.
class ShellCommand {
public:
    ShellCommand(const ServedCommand& command, Guardian& guardian) : target_{command.target}, json_{command.json} {
        if (command.lines)
            lines_ = std::make_unique<LinesService>(LinesService::Options{
                {.command = command.command, .limit = command.limit, .guardian = &guardian}, command.workers});
        else
            exec_ = std::make_unique<ExecService>(ExecService::Options{.command = command.command,
                                                                       .max_processes = command.workers,
                                                                       .limit = command.limit,
                                                                       .guardian = &guardian});
    }

    [[nodiscard]] Result<Json> run(std::string_view input, const CallInfo& info) {
        auto output = exec_ ? exec_->run(input, info.deadline, info.cancelled,
                                         call_environment(target_, info, trace::traceparent()))
                            : lines_->call(input, info.deadline, info.cancelled);
        if (!output) return std::move(output).error();
        auto result = json_ ? Json::parse(*output) : Result<Json>{Json{std::move(*output)}};
        if (!result)
            return Status{"command_failed"}.set_info("The command's output is no JSON: " + result.error().info());
        return result;
    }

private:
    Target target_;
    bool json_;
    std::unique_ptr<ExecService> exec_;
    std::unique_ptr<LinesService> lines_; ///< one of the two
};

/// Shell commands behind callbacks of one parameter, `input`.
class CommandService final : public UntypedService {
public:
    CommandService(const std::string& name, std::span<const ServedCommand> commands, Guardian& guardian)
        : UntypedService{name, Version{}, callbacks_of(commands)} {
        for (const auto& command : commands) commands_.push_back(std::make_unique<ShellCommand>(command, guardian));
    }

private:
    Result<void> answer(std::size_t callback, wire::Content content, std::string_view body, const CallInfo& info,
                        std::string& out) override {
        const BlockingScope blocking{WaitFor::work}; // the command runs elsewhere
        auto input = input_of(content, body);
        if (!input) return std::move(input).error();
        const auto result = commands_[callback]->run(*input, info);
        if (!result) return result.error();
        if (content == wire::Content::json) return codec::encode_result_json(out, *result);
        codec::encode_result_binary(out, *result);
        return {};
    }

    static std::vector<Callback> callbacks_of(std::span<const ServedCommand> commands) {
        std::vector<Callback> callbacks;
        for (const auto& command : commands)
            callbacks.push_back({command.target.callback, description(command), false});
        return callbacks;
    }

    static std::string description(const ServedCommand& command) {
        const std::string result = command.json ? "{}" : R"({"type":"string"})";
        return R"({"params":[{"name":"input","schema":{}}],"result":)" + result + "}";
    }

    /// A string as it is, anything else as JSON, as far as may be in the spelling of who called: a number keeps its
    /// digits.
    static Result<std::string> input_of(wire::Content content, std::string_view body) {
        static constexpr std::array<std::string_view, 1> names{"input"};
        auto arguments = content == wire::Content::json ? codec::decode_arguments_json<Json>(body, names)
                                                        : codec::decode_arguments_binary<Json>(body);
        if (!arguments) return std::move(arguments).error();
        const Json& input = std::get<0>(*arguments);
        if (input.is_string()) return input.as_string();
        const std::string_view json = trimmed(body);
        if (content != wire::Content::json || !json.starts_with('[')) return input.dump();
        return on_one_line(trimmed(json.substr(1, json.size() - 2)));
    }

    /// Between tokens, where alone JSON has ends of lines, a space is as good.
    static std::string on_one_line(std::string_view json) {
        std::string line{json};
        std::ranges::replace_if(
            line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
        return line;
    }

    static std::string_view trimmed(std::string_view json) {
        constexpr std::string_view space = " \t\r\n";
        json.remove_prefix(std::min(json.find_first_not_of(space), json.size()));
        return json.substr(0, json.find_last_not_of(space) + 1);
    }

    std::vector<std::unique_ptr<ShellCommand>> commands_; ///< as the callbacks
};

using Services = std::map<std::string, std::vector<ServedCommand>>;

Result<Services> services_of(const ServeCommand& command) {
    auto commands =
        command.file ? read_serve_file(*command.file) : Result<std::vector<ServedCommand>>{std::vector{command.served}};
    if (!commands) return std::move(commands).error();
    Services services;
    for (auto& each : *commands) services[each.target.service].push_back(std::move(each));
    return services;
}

/// At once, at most.
std::size_t processes_of(const Services& services) {
    std::size_t processes = 0;
    for (const auto& [name, commands] : services)
        for (const auto& command : commands) processes += command.workers;
    return processes;
}

Result<void> host(Node& node, const Services& services, Guardian& guardian) try {
    for (const auto& [name, commands] : services)
        if (auto hosted = node.host(std::make_unique<CommandService>(name, commands, guardian)); !hosted)
            return std::move(hosted).error();
    return {};
} catch (const std::system_error& error) { // it has no thread left
    return Status{"internal_error"}.set_info("Cannot run " + std::to_string(processes_of(services)) +
                                             " processes: " + error.code().message());
}

} // namespace

int run(const ServeCommand& command, const Common& common) {
    const auto services = services_of(command);
    if (!services) return fail(services.error(), common);
    set_environment(common.mesh);
    const auto guardian = Guardian::start(processes_of(*services)); // while there is but this thread
    if (!guardian) return fail(guardian.error(), common);
    const StopSignal signal; // before anybody knows of the node
    Node node{node_options(common, true, command.host)};
    if (auto hosted = host(node, *services, **guardian); !hosted) return fail(hosted.error(), common);
    return node.run(signal);
}

} // namespace malla::cli
