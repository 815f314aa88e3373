// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/descriptor.hpp"
#include "malla/base/result.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

#include <sys/types.h>

namespace malla::cli {

/// A process that kills the process groups which this one leaves behind, however this one ends: also by SIGKILL.
/// No signal from a terminal or to this process' group reaches it. Any thread.
class Guardian {
public:
    /// Starts it for at most so many groups at once, before this process has other threads.
    [[nodiscard]] static Result<std::unique_ptr<Guardian>> start(std::size_t max_groups);

    /// Has it kill the groups that are left, and waits for its end.
    ~Guardian();
    Guardian(const Guardian&) = delete;
    Guardian& operator=(const Guardian&) = delete;

    /// The group is killed when this process ends, until it is released. Which has to happen before its first
    /// process is waited for, as its number may be another's then. Gives whether there was room for it.
    bool guard(pid_t group) noexcept { return replace(0, group); }
    void release(pid_t group) noexcept { replace(group, 0); }

private:
    using Group = std::atomic<pid_t>;
    static_assert(Group::is_always_lock_free); // two processes share them

    explicit Guardian(std::span<Group> groups) noexcept : groups_{groups} {}

    [[noreturn]] void watch(int alive) noexcept;
    bool replace(pid_t old, pid_t group) noexcept;

    std::span<Group> groups_; ///< in memory that both processes have; 0 where there is none
    Descriptor alive_;        ///< a pipe, which the end of this process closes
    pid_t pid_ = -1;
};

} // namespace malla::cli
