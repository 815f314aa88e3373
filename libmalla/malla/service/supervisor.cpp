// SPDX-License-Identifier: Apache-2.0
#include "malla/service/supervisor.hpp"

#include "malla/base/thread.hpp"
#include "malla/service/supervision.hpp"

#include <cassert>
#include <system_error>
#include <utility>

namespace malla {

namespace {

/// What this thread watches, if it is the thread of a supervisor.
thread_local const Supervision* watched_here = nullptr;

} // namespace

Supervisor::Supervisor(std::string plugin, Children children, Around around, GaveUp gave_up)
    : supervision_{std::make_shared<Supervision>(std::move(plugin), std::move(children), std::move(around),
                                                 std::move(gave_up))} {}

Supervisor::~Supervisor() {
    stop(Deadline{Clock::time_point::max()});
    if (thread_.joinable()) thread_.detach();
}

Result<void> Supervisor::start() {
    assert(!thread_.joinable());
    if (auto started = supervision_->start(); !started || supervision_->empty()) return started;
    try {
        thread_ = start_thread("malla-children", [supervision = supervision_] {
            watched_here = supervision.get();
            supervision->watch();
        });
    } catch (const std::system_error& error) {
        stop(Deadline{Clock::time_point::max()});
        return Status{"internal_error"}.set_info(std::string{"no thread for its children: "} + error.what());
    }
    return {};
}

std::vector<std::string> Supervisor::stop(Deadline deadline) {
    // From `gave_up` all have been stopped already, and this thread cannot wait for itself.
    if (watched_here != supervision_.get()) {
        if (thread_.joinable()) {
            supervision_->interrupt();
            thread_.join();
        }
        supervision_->stop(deadline);
    }
    return supervision_->left_behind();
}

std::vector<ChildState> Supervisor::children() const { return supervision_->states(); }

} // namespace malla
