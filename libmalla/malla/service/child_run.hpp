// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/service/children.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace malla {

/// Runs on the thread of a child and calls `body` once, so that its owner can prepare that thread.
using AroundChild = std::function<void(const std::function<void()>& body)>;

/// One run of a child, from its start to its end.
///
/// Destroying one that was not finished leaves it behind: a thread goes on alone, together with
/// everything that it uses; a process is killed.
class ChildRun {
public:
    ChildRun() = default;
    virtual ~ChildRun() = default;
    ChildRun(const ChildRun&) = delete;
    ChildRun& operator=(const ChildRun&) = delete;

    /// Readable once it has ended.
    [[nodiscard]] virtual int ended_descriptor() const noexcept = 0;
    virtual void ask_to_stop() noexcept = 0;
    /// For one that does not stop; false when it cannot be killed, as a thread.
    [[nodiscard]] virtual bool kill() noexcept = 0;
    /// Once it has ended: how it crashed, or nothing when it did not. What a process does after it was
    /// asked to stop is no crash.
    [[nodiscard]] virtual std::optional<std::string> finish() = 0;
    /// Of a process, else 0.
    [[nodiscard]] virtual int pid() const noexcept { return 0; }
};

/// Starts `child`; the status says only why it cannot be started.
[[nodiscard]] Result<std::unique_ptr<ChildRun>> start_child(const Child& child, const AroundChild& around);

} // namespace malla
