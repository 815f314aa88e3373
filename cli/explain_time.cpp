// SPDX-License-Identifier: Apache-2.0
// explain --time: where the time goes, link by link.
#include "cli/explain_time.hpp"

#include "cli/bell.hpp"
#include "cli/console.hpp"
#include "cli/exit.hpp"
#include "cli/observing.hpp"
#include "malla/node/stop_signal.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include <poll.h>

namespace malla::cli {

namespace {

constexpr Clock::duration begin_limit = std::chrono::seconds{3}; // for all instances to measure

using Timings = std::vector<admin::LinkTiming>;
using Measuring = Observing<admin::MeasureLinks>;

/// What the instances have measured so far. Any thread.
class Measured {
public:
    Measured(std::uint64_t enough, std::size_t instances) : enough_{enough}, instances_{instances} {}

    void set(const InstanceView& instance, Timings timings) {
        const std::lock_guard lock{mutex_};
        latest_[instance.node_name] = std::move(timings);
        note(instance);
        std::uint64_t calls = 0;
        for (const auto& [node, links] : latest_) calls += calls_of(links);
        calls_ = calls;
        if (enough_ > 0 && calls >= enough_) done_.ring();
    }
    void end(const InstanceView& instance, const Status& why) {
        const std::lock_guard lock{mutex_};
        failures_.emplace(instance.node_name, why);
        note(instance);
        if (failures_.size() == instances_) done_.ring();
    }

    /// Readable when all instances measure, or have said that they do not.
    [[nodiscard]] int begun() const noexcept { return begun_.descriptor(); }
    /// Readable when there are enough calls, or nobody measures any more.
    [[nodiscard]] int done() const noexcept { return done_.descriptor(); }
    [[nodiscard]] std::map<std::string, Timings> latest() const {
        const std::lock_guard lock{mutex_};
        return latest_;
    }
    [[nodiscard]] std::map<std::string, Status> failures() const {
        const std::lock_guard lock{mutex_};
        return failures_;
    }
    [[nodiscard]] std::uint64_t calls() const {
        const std::lock_guard lock{mutex_};
        return calls_;
    }

private:
    void note(const InstanceView& instance) {
        heard_.insert(instance.node);
        if (heard_.size() == instances_) begun_.ring();
    }
    static std::uint64_t calls_of(const Timings& links) {
        std::uint64_t most = 0;
        for (const auto& link : links) most = std::max(most, link.calls);
        return most;
    }

    const std::uint64_t enough_;
    const std::size_t instances_;
    Bell begun_;
    Bell done_;
    mutable std::mutex mutex_;
    std::set<NodeId> heard_;
    std::map<std::string, Timings> latest_;
    std::map<std::string, Status> failures_;
    std::uint64_t calls_ = 0;
};

/// Waits until `descriptor` is readable, or for the time; whether it was interrupted.
bool wait(int descriptor, const StopSignal& signal, Deadline until) {
    while (true) {
        std::array<pollfd, 2> all{{{descriptor, POLLIN, 0}, {signal.fd(), POLLIN, 0}}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until.left(Clock::now()));
        const int ready = ::poll(all.data(), all.size(), static_cast<int>(left.count()));
        if (ready < 0) continue; // a signal
        return all[1].revents != 0;
    }
}

double rounded(double number) { return std::round(number * 10) / 10; }
double microseconds(std::int64_t ns) { return static_cast<double>(ns) / 1000; }

void add_rows(Listing& listing, const std::string& node, const Timings& links) {
    std::int64_t all = 0;
    for (const auto& link : links) all += link.own_ns;
    for (const auto& link : links) {
        Json row = Json::object(
            {{"plugin", link.plugin}, {"part", name_of(link.part)}, {"node", node}, {"calls", link.calls}});
        const bool any = link.calls > 0;
        row.set("mean_us", any ? Json{rounded(microseconds(link.own_ns) / static_cast<double>(link.calls))} : Json{});
        row.set("longest_us", any ? Json{rounded(microseconds(link.longest_ns))} : Json{});
        row.set("share",
                all > 0 ? Json{rounded(100 * static_cast<double>(link.own_ns) / static_cast<double>(all))} : Json{});
        listing.add(std::move(row));
    }
}

int fail_on(const std::string& node, Status why, std::size_t instances, const Common& common) {
    if (instances > 1) why.set_info(node + ": " + why.info());
    return fail(why, common);
}

} // namespace

int explain_time(const ExplainCommand& command, const Common& common, const Operated& operated) {
    const StopSignal signal;
    Measured measured{command.count, operated.instances().size()};
    std::vector<std::unique_ptr<Measuring>> all;
    for (const auto& instance : operated.instances())
        all.push_back(std::make_unique<Measuring>(
            operated.node(), instance, command.target.callback,
            [&](const InstanceView& on, Timings&& timings) { measured.set(on, std::move(timings)); },
            [&](const InstanceView& on, const Status& why) { measured.end(on, why); }));
    const bool interrupted = wait(measured.begun(), signal, Deadline::in(begin_limit)) ||
                             wait(measured.done(), signal, Deadline::in(command.time));
    all.clear(); // and with it what the nodes do for it

    const auto failures = measured.failures();
    int code = 0;
    for (const auto& [node, why] : failures)
        if (why.id() != "request_op_unknown" || failures.size() == operated.instances().size())
            code = std::max(code, fail_on(node, why, operated.instances().size(), common));
    if (measured.calls() == 0 && code == 0 && !common.quiet)
        print_error("no call of " + command.target.service + '.' + command.target.callback +
                    " ended meanwhile: call it, or give it more time by --for\n");
    Listing listing{{{"PLUGIN", "plugin"},
                     {"PART", "part"},
                     {"CALLS", "calls"},
                     {"MEAN us", "mean_us"},
                     {"SHARE %", "share"},
                     {"LONGEST us", "longest_us"},
                     {"NODE", "node"}}};
    for (const auto& [node, links] : measured.latest()) add_rows(listing, node, links);
    return print(listing, common, interrupted ? exit_interrupted : code);
}

} // namespace malla::cli
