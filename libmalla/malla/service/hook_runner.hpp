// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <functional>
#include <memory>
#include <thread>

namespace malla {

/// Runs functions one after another on a thread of its own, and leaves one behind that takes too
/// long: its thread goes on, alone, and the next function gets another one.
///
/// Not for several threads at once.
class HookRunner {
public:
    HookRunner() = default;
    ~HookRunner();
    HookRunner(const HookRunner&) = delete;
    HookRunner& operator=(const HookRunner&) = delete;

    /// Whether `hook` returned by the deadline. One that did not is never waited for again, so it
    /// holds by itself whatever it uses. It does not throw.
    [[nodiscard]] bool run(std::function<void()> hook, Deadline deadline);

private:
    struct Shared;

    std::shared_ptr<Shared> shared_;
    std::thread thread_;
};

} // namespace malla
