// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/exit.hpp"
#include "cli/histogram.hpp"
#include "cli/output.hpp"
#include "cli/round_trip.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "malla/base/error.hpp"
#include "malla/node/stop_signal.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace malla::cli {

namespace {

using namespace std::chrono_literals;

/// What it is told of, and what the process ends with so far.
class Pinger {
public:
    Pinger(Node& node, const Common& common)
        : node_{node}, common_{common}, terminal_{terminal_of(STDOUT_FILENO, process_environment())} {}

    /// False when nobody reads what is written.
    bool ping(const NodeView& other) {
        const auto took = round_trip(node_, other, common_.mesh.timeout);
        if (!took) {
            if (!common_.quiet) print_error(failed_node_text(other.name, took.error()));
            code_ = std::max(code_, exit_code(took.error()));
            return true;
        }
        const int printed = print(line_of(other, *took));
        if (printed != 0) code_ = printed;
        return printed == 0;
    }
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    [[nodiscard]] std::string line_of(const NodeView& other, Clock::duration took) const {
        if (is_for_people(common_.mesh.format, terminal_.is_terminal))
            return harmless(other.name, false) + ": " + short_time(took) + '\n';
        const double ms = std::chrono::duration<double, std::milli>{took}.count();
        const Json row = Json::object({{"node", other.name}, {"id", other.id.text()}, {"ms", ms}});
        return value_or_throw(row.dump()) + '\n';
    }

    Node& node_;
    const Common& common_;
    const Terminal terminal_;
    int code_ = 0;
};

Result<std::vector<NodeView>> nodes_to_ping(const Node& node, const std::string& wanted) {
    std::vector<NodeView> found;
    for (auto& each : node.nodes())
        if (wanted.empty() ? !each.endpoint.empty() : each.name == wanted || each.id.text() == wanted)
            found.push_back(std::move(each));
    if (!found.empty()) return found;
    return Status{"service_not_available"}
        .set_info(wanted.empty() ? "there is no node that hosts services" : "there is no node " + wanted)
        .set_data("hint", "`malla nodes` shows which there are");
}

/// Whether it was interrupted.
bool pause(const StopSignal& signal, Clock::duration time) {
    pollfd stop{signal.fd(), POLLIN, 0};
    const Deadline end = Deadline::in(time);
    while (::poll(&stop, 1, end.poll_timeout(Clock::now())) < 0) { // by a signal, maybe this one
    }
    return stop.revents != 0;
}

} // namespace

int run(const PingCommand& command, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    const StopSignal signal;
    Pinger pinger{**node, common};
    for (std::uint64_t round = 0; round < command.count; ++round) {
        if (round != 0 && pause(signal, command.every)) return exit_interrupted;
        const auto nodes = nodes_to_ping(**node, command.node);
        if (!nodes) return fail(nodes.error(), common);
        for (const NodeView& each : *nodes) {
            if (!pinger.ping(each)) return pinger.code();
            if (pause(signal, 0s)) return exit_interrupted;
        }
    }
    return pinger.code();
}

} // namespace malla::cli
