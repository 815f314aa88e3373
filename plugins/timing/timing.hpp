// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/request.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace malla::plugins {

/// Measures how long the calls of a service take that come from outside. When it stops, it logs one
/// line for each callback: the number of calls and failures, the mean and the longest time.
///
/// It takes part in no callback of the service itself, so it can be added to any.
struct Timing : Plugin {
    using Callbacks = malla::Callbacks<HandleRequest>;

    struct Figures {
        std::uint64_t calls = 0;
        std::uint64_t failures = 0;
        Clock::duration total{};
        Clock::duration longest{};
    };

    Result<void> on(HandleRequest, Next<HandleRequest> next, const IncomingRequest& request);
    void stop();

    /// By "Service.callback". Any thread.
    [[nodiscard]] std::map<std::string, Figures> figures() const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, Figures> figures_;
};

} // namespace malla::plugins
