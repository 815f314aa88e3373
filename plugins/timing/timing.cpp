// SPDX-License-Identifier: Apache-2.0
#include "plugins/timing/timing.hpp"

#include "malla/base/log.hpp"

#include <algorithm>
#include <chrono>

namespace malla::plugins {

namespace {

std::string microseconds_text(Clock::duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(duration).count()) + " µs";
}

} // namespace

Result<void> Timing::on(HandleRequest, Next<HandleRequest> next, const IncomingRequest& request) {
    const auto began = Clock::now();
    auto result = next(request);
    const auto took = Clock::now() - began;
    const std::lock_guard lock{mutex_};
    Figures& figures = figures_[std::string{request.service}.append(".").append(request.callback)];
    ++figures.calls;
    if (!result) ++figures.failures;
    figures.total += took;
    figures.longest = std::max(figures.longest, took);
    return result;
}

void Timing::stop() {
    for (const auto& [name, figures] : figures())
        log(LogLevel::info, name + ": " + std::to_string(figures.calls) + " calls, " +
                                std::to_string(figures.failures) + " failed, mean " +
                                microseconds_text(figures.total / static_cast<Clock::rep>(figures.calls)) +
                                ", longest " + microseconds_text(figures.longest));
}

std::map<std::string, Timing::Figures> Timing::figures() const {
    const std::lock_guard lock{mutex_};
    return figures_;
}

} // namespace malla::plugins
