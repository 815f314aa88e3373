// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/service.hpp"
#include "malla/service/request_observer.hpp"
#include "malla/service/service_core.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace malla::plugins {

/// No callbacks: it is started for what it does.
struct TimingApi : Api<"Timing"> {};

/// Measures how long the handlers of a node's calls take. When it stops, it logs one line for each
/// callback: the number of calls and failures, the mean and the longest time.
struct Timing : Service<TimingApi> {
    static constexpr bool local = true;

    struct Figures {
        std::uint64_t calls = 0;
        std::uint64_t failures = 0;
        Clock::duration total{};
        Clock::duration longest{};
    };

    Result<void> start(const Starting& starting);
    void stop() noexcept;

    /// By "Service.callback". Any thread.
    [[nodiscard]] std::map<std::string, Figures> figures() const;

private:
    class Observer;
    std::shared_ptr<Observer> observer_;
    RequestObservers* observers_ = nullptr;
};

} // namespace malla::plugins
