// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/service/children.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace malla {

class Supervision;

/// Keeps the children of one plugin running: one thread, if there are any, that restarts what crashed.
///
/// It is started once. Neither a crash nor giving up touches anything but these children.
class Supervisor {
public:
    /// Runs on the thread of each child that has one, and calls `body` once. It holds what it uses.
    using Around = std::function<void(const std::function<void()>& body)>;
    /// Called once, when all children have been stopped because there were too many restarts, or
    /// because one did not stop when it was to be restarted. Runs on the supervisor's own thread, and
    /// not after `stop` returned, but perhaps before `start` has. It does not throw, and does not wait
    /// for somebody who is in `stop` or the destructor: those wait for it. It may call `stop`, and,
    /// once `start` has returned, even destroy the supervisor.
    using GaveUp = std::function<void(Status)>;

    Supervisor(std::string plugin, Children children, Around around, GaveUp gave_up);
    /// Stops; a child that does not end within the `stop_limit` is left behind.
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Starts the children in order. When one cannot be started, those that were are stopped again,
    /// and the status says which: `data` has its name as "child".
    [[nodiscard]] Result<void> start();

    /// Stops the children in reverse order, each when those behind it have ended. By the deadline, or
    /// after `stop_limit` where that is earlier, a process that still runs is killed with its whole
    /// group, and a thread is left behind. Gives the names of all that were ever left behind: what
    /// their functions refer to, and the code of these functions, must stay for ever.
    std::vector<std::string> stop(Deadline deadline);

    /// Any thread.
    [[nodiscard]] std::vector<ChildState> children() const;

private:
    std::shared_ptr<Supervision> supervision_; // shared with the thread, which may destroy this object
    std::thread thread_;
};

} // namespace malla
