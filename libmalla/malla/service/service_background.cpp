// SPDX-License-Identifier: Apache-2.0
// What a service does by itself: it takes apart what was replaced, and starts again what failed.
#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"
#include "malla/service/service_parts.hpp"

#include <algorithm>

namespace malla {

void ServiceControl::want_background_locked() {
    if (ending_) return;
    if (!background_.joinable()) background_ = start_thread("malla-service", [this] { work_in_background(); });
    background_changed_.notify_all();
}

void ServiceControl::work_in_background() {
    std::unique_lock lock{mutex_};
    while (true) {
        const auto late = [this] { return retry_at_ && *retry_at_ <= Clock::now(); };
        const auto due = [&] {
            return ending_ || !retired_.empty() || (!operating_ && (late() || !failed_children_.empty()));
        };
        if (retry_at_ && !operating_) background_changed_.wait_until(lock, *retry_at_, due);
        else background_changed_.wait(lock, [&] { return due() || (retry_at_ && !operating_); });
        if (!retired_.empty()) {
            Retired& retired = retired_.front(); // stays there until it is done with
            lock.unlock();
            reclaim(std::move(retired));
            lock.lock();
            retired_.pop_front();
            background_changed_.notify_all();
        } else if (ending_) {
            return;
        } else if (!operating_ && (late() || !failed_children_.empty())) {
            lock.unlock();
            recover();
            lock.lock();
        }
    }
}

/// Deals with children that failed, or else tries a failed service again.
void ServiceControl::recover() {
    const Operation operation{*this, Deadline{Clock::now()}};
    if (!operation) return;
    decltype(failed_children_) failed;
    {
        const std::lock_guard lock{mutex_};
        failed.swap(failed_children_);
        if (failed.empty()) retry_at_.reset();
    }
    for (const auto& [unit, why] : failed) on_children_failed(unit, why);
    if (failed.empty() && core_.running_status() == RunningStatus::failed && admin_status() == AdminStatus::active)
        (void)start_all(); // the reason is kept, and it is tried again
}

/// Their plugin has failed, and the service with it; the other plugins stay as they are.
void ServiceControl::on_children_failed(const std::shared_ptr<Unit>& unit, const Status& why) {
    if (!unit->started || std::ranges::find(units_, unit) == units_.end()) return;
    fail(Status{"child_failed", last_part(unit->name())}.set_data("reason", why.info()));
    while (!wait_for_leavers(Deadline::in(limits_.hook)))
        log(LogLevel::notice, "a call in " + std::string{core_.name()} + " still runs, although its plugin " +
                                  std::string{unit->name()} + " failed");
    stop_units({unit}, hooks_);
}

void ServiceControl::reclaim(Retired retired) {
    while (!wait_for_leavers(Deadline::in(limits_.hook)))
        log(LogLevel::notice, "a call in " + std::string{core_.name()} +
                                  " still runs on a chain that was replaced: what left the chain is kept for it");
    stop_units(retired.units, background_hooks_);
}

bool ServiceControl::wait_for_leavers(Deadline deadline, Pins::Whose whose) {
    // Whoever enters a serial service with a root of its own comes after all that were inside.
    static std::atomic<std::uint64_t> visits = 0;
    static const NodeId visitor = NodeId::random();
    if (!core_.concurrent()) {
        if (core_.gate().enter_waiting(RequestId{visitor, ++visits}, deadline) != Gate::Entry::entered) return false;
        core_.gate().leave();
    }
    const std::unique_lock one{leavers_, deadline.at()};
    return one && core_.pins().wait_for_leavers(deadline, whose);
}

} // namespace malla
