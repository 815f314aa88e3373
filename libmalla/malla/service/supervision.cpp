// SPDX-License-Identifier: Apache-2.0
#include "malla/service/supervision.hpp"

#include "malla/base/log.hpp"

#include <algorithm>
#include <cassert>

#include <poll.h>

namespace malla {

namespace {

constexpr Deadline no_deadline{Clock::time_point::max()};

/// A process that takes longer to end after SIGKILL hangs in the kernel.
constexpr Clock::duration kill_limit = std::chrono::seconds{5};

/// Waits until one of them is readable; false when the deadline passed.
bool poll_until(std::vector<pollfd>& polled, Deadline deadline) {
    while (true) {
        const int ready = ::poll(polled.data(), polled.size(), deadline.poll_timeout(Clock::now()));
        if (ready > 0) return true;
        if (ready == 0 && deadline.passed(Clock::now())) return false;
    }
}

} // namespace

Supervision::Supervision(std::string plugin, Children children, AroundChild around, std::function<void(Status)> gave_up)
    : plugin_{std::move(plugin)}, strategy_{children.strategy},
      max_restarts_{children.max_restarts}, window_{children.window}, stop_limit_{children.stop_limit},
      limit_{max_restarts_, window_}, around_{std::move(around)}, gave_up_{std::move(gave_up)} {
    for (auto& child : children.children) {
        states_.push_back({child.name, child.kind, false, 0, 0});
        children_.push_back({std::move(child), nullptr});
    }
}

Result<void> Supervision::start() {
    assert(interruptible_); // it has not been stopped
    if (auto checked = check(); !checked) return checked;
    for (std::size_t index = 0; index < children_.size(); ++index) {
        if (auto started = start_one(index); !started) {
            stop(no_deadline);
            return started;
        }
    }
    return {};
}

Result<void> Supervision::check() const {
    for (std::size_t index = 0; index < children_.size(); ++index)
        for (std::size_t before = 0; before < index; ++before)
            if (children_[before].child.name == children_[index].child.name)
                return failure(index, "has the name of another one");
    if (!empty() && !interrupted_.is_open()) return failure(0, "cannot be watched: no file descriptor is left");
    return {};
}

Result<void> Supervision::start_one(std::size_t index) {
    auto& [child, run] = children_[index];
    auto started = start_child(child, around_);
    if (!started) return failure(index, "cannot be started: " + started.error().info());
    run = *std::move(started);
    publish(index);
    return {};
}

void Supervision::watch() {
    while (const auto ended = wait_for_end()) {
        const auto crash = finish(*ended);
        const Restart kind = children_[*ended].child.restart;
        if (kind == Restart::temporary || (kind == Restart::transient && !crash)) continue;
        if (auto restarted = restart(*ended, crash.value_or("it returned")); !restarted)
            return give_up(std::move(restarted).error());
    }
}

// One that cannot be started again has crashed once more.
Result<void> Supervision::restart(std::size_t failed, std::string reason) {
    while (limit_.allow(Clock::now())) {
        const Range range = to_restart(failed);
        if (auto stopped = stop_range(range, no_deadline); !stopped) return stopped;
        auto started = start_again(range, failed);
        if (started) return {};
        reason = started.error().info();
        log(LogLevel::warning, reason);
    }
    return failure(failed, "ended again after " + std::to_string(max_restarts_) + " restarts within " +
                               duration_text(window_) + ": " + reason);
}

Supervision::Range Supervision::to_restart(std::size_t failed) const noexcept {
    switch (strategy_) {
    case Strategy::one_for_one: return {failed, failed + 1};
    case Strategy::one_for_all: return {0, children_.size()};
    case Strategy::rest_for_one: return {failed, children_.size()};
    }
    return {failed, failed + 1};
}

Result<void> Supervision::start_again(Range range, std::size_t& failed) {
    for (std::size_t index = range.first; index < range.second && !interrupted(); ++index) {
        if (children_[index].child.restart == Restart::temporary) continue;
        if (auto started = start_one(index); !started) {
            failed = index;
            return started;
        }
        const std::lock_guard lock{states_mutex_};
        ++states_[index].restarts;
    }
    return {};
}

void Supervision::give_up(Status why) {
    (void)stop_range({0, children_.size()}, no_deadline);
    if (!interrupted() && gave_up_) gave_up_(std::move(why));
}

void Supervision::stop(Deadline deadline) {
    interruptible_ = false;
    (void)stop_range({0, children_.size()}, deadline);
}

// Goes on behind one that does not obey: its status is the result.
Result<void> Supervision::stop_range(Range range, Deadline deadline) {
    Result<void> result;
    for (std::size_t index = range.second; index-- > range.first && !interrupted();) {
        if (!children_[index].run) continue;
        auto stopped = stop_one(index, share(deadline, index));
        if (!stopped && result) result = std::move(stopped);
    }
    return result;
}

Result<void> Supervision::stop_one(std::size_t index, Deadline deadline) {
    ChildRun& run = *children_[index].run;
    run.ask_to_stop();
    Waited waited = wait(run, deadline);
    if (waited == Waited::late && run.kill()) waited = wait(run, Deadline::in(kill_limit));
    switch (waited) {
    case Waited::ended: (void)finish(index); return {};
    case Waited::interrupted: return Status{"cancelled"};
    case Waited::late: return leave_behind(index);
    }
    return {};
}

Result<void> Supervision::leave_behind(std::size_t index) {
    auto& [child, run] = children_[index];
    run.reset();
    publish(index);
    left_behind_.push_back(child.name);
    auto status = failure(index, "did not stop in time and was left behind");
    log(LogLevel::warning, status.info());
    return status;
}

Deadline Supervision::share(Deadline deadline, std::size_t index) const {
    const auto now = Clock::now();
    const auto end = children_.begin() + static_cast<std::ptrdiff_t>(index) + 1;
    const auto running = std::count_if(children_.begin(), end, [](const Supervised& each) { return !!each.run; });
    return std::min(Deadline::in(stop_limit_), Deadline{now + deadline.left(now) / running});
}

std::optional<std::string> Supervision::finish(std::size_t index) {
    auto crash = children_[index].run->finish();
    children_[index].run.reset();
    publish(index);
    if (crash) log(LogLevel::warning, name_of_child(index) + " crashed: " + *crash);
    return crash;
}

/// The first child that has ended; nothing when interrupted.
std::optional<std::size_t> Supervision::wait_for_end() {
    std::vector<pollfd> polled;
    polled.reserve(children_.size() + 1);
    for (const auto& each : children_) polled.push_back({each.run ? each.run->ended_descriptor() : -1, POLLIN, 0});
    polled.push_back({interrupted_.descriptor(), POLLIN, 0});
    poll_until(polled, no_deadline);
    if (interrupted()) return std::nullopt;
    const auto ended = std::ranges::find_if(polled, [](const pollfd& each) { return each.revents != 0; });
    return static_cast<std::size_t>(ended - polled.begin());
}

Supervision::Waited Supervision::wait(const ChildRun& run, Deadline deadline) const {
    std::vector<pollfd> polled{{run.ended_descriptor(), POLLIN, 0},
                               {interruptible_ ? interrupted_.descriptor() : -1, POLLIN, 0}};
    if (!poll_until(polled, deadline)) return Waited::late;
    return polled[0].revents != 0 ? Waited::ended : Waited::interrupted;
}

std::string Supervision::name_of_child(std::size_t index) const {
    return "child '" + children_[index].child.name + "' of plugin " + plugin_;
}

Status Supervision::failure(std::size_t index, const std::string& what) const {
    return Status{"internal_error"}
        .set_info(name_of_child(index) + " " + what)
        .set_data("child", children_[index].child.name);
}

std::vector<ChildState> Supervision::states() const {
    const std::lock_guard lock{states_mutex_};
    return states_;
}

void Supervision::publish(std::size_t index) {
    const ChildRun* run = children_[index].run.get();
    const std::lock_guard lock{states_mutex_};
    states_[index].running = run != nullptr;
    states_[index].pid = run ? run->pid() : 0;
}

} // namespace malla
