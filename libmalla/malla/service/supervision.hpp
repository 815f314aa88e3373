// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/service/child_run.hpp"
#include "malla/service/once.hpp"
#include "malla/service/restart_limit.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace malla {

/// Starts, watches, restarts and stops the children of one plugin, on the thread that calls it.
///
/// One thread at a time, which may be another each time: `interrupt` and `states` may come from any.
class Supervision {
public:
    Supervision(std::string plugin, Children children, AroundChild around, std::function<void(Status)> gave_up);

    [[nodiscard]] bool empty() const noexcept { return children_.empty(); }
    /// Starts all in order; when one cannot be started, stops those that were.
    [[nodiscard]] Result<void> start();
    /// Restarts what crashed, until it is interrupted or gives up.
    void watch();
    /// Ends `watch` soon, and for ever. Any thread.
    void interrupt() noexcept { interrupted_.happen(); }
    /// Stops all in reverse order, after `watch` has ended. Each may take its share of the time that
    /// is left, so that one that does not obey takes nothing from the others.
    void stop(Deadline deadline);

    /// The children that were left behind.
    [[nodiscard]] const std::vector<std::string>& left_behind() const noexcept { return left_behind_; }
    /// Any thread.
    [[nodiscard]] std::vector<ChildState> states() const;

private:
    struct Supervised {
        Child child;
        std::unique_ptr<ChildRun> run; ///< null when it does not run
    };
    enum class Waited : std::uint8_t { ended, late, interrupted };
    using Range = std::pair<std::size_t, std::size_t>;

    [[nodiscard]] Result<void> check() const;
    [[nodiscard]] Result<void> start_one(std::size_t index);
    [[nodiscard]] Result<void> start_again(Range range, std::size_t& failed);
    [[nodiscard]] Result<void> restart(std::size_t failed, std::string reason);
    [[nodiscard]] Range to_restart(std::size_t failed) const noexcept;
    [[nodiscard]] Result<void> stop_range(Range range, Deadline deadline);
    [[nodiscard]] Result<void> stop_one(std::size_t index, Deadline deadline);
    [[nodiscard]] Result<void> leave_behind(std::size_t index);
    [[nodiscard]] Deadline share(Deadline deadline, std::size_t index) const;
    [[nodiscard]] std::optional<std::string> finish(std::size_t index);
    void give_up(Status why);

    [[nodiscard]] std::optional<std::size_t> wait_for_end();
    [[nodiscard]] Waited wait(const ChildRun& run, Deadline deadline) const;
    [[nodiscard]] bool interrupted() const noexcept { return interruptible_ && interrupted_.happened(); }

    [[nodiscard]] std::string name_of_child(std::size_t index) const;
    [[nodiscard]] Status failure(std::size_t index, const std::string& what) const;
    void publish(std::size_t index);

    std::string plugin_;
    std::vector<Supervised> children_;
    Strategy strategy_;
    unsigned max_restarts_;
    Clock::duration window_;
    Clock::duration stop_limit_;
    RestartLimit limit_;
    AroundChild around_;
    std::function<void(Status)> gave_up_;
    std::vector<std::string> left_behind_;
    Once interrupted_;
    bool interruptible_ = true;

    mutable std::mutex states_mutex_;
    std::vector<ChildState> states_; ///< one for each child
};

} // namespace malla
