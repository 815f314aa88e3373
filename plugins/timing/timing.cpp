// SPDX-License-Identifier: Apache-2.0
#include "plugins/timing/timing.hpp"

#include "malla/base/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace malla::plugins {

namespace {

std::string microseconds_text(Clock::duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(duration).count()) + " µs";
}

} // namespace

class Timing::Observer final : public RequestObserver {
public:
    void finished(std::string_view service, std::string_view callback, Clock::duration took,
                  const Status* failure) noexcept override {
        const std::lock_guard lock{mutex_};
        Figures& figures = figures_[std::string{service}.append(".").append(callback)];
        ++figures.calls;
        if (failure) ++figures.failures;
        figures.total += took;
        figures.longest = std::max(figures.longest, took);
    }

    [[nodiscard]] std::map<std::string, Figures> figures() const {
        const std::lock_guard lock{mutex_};
        return figures_;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, Figures> figures_;
};

Result<void> Timing::start(const Starting& starting) {
    observer_ = std::make_shared<Observer>();
    observers_ = &starting.observers;
    observers_->add(*observer_);
    return {};
}

void Timing::stop() noexcept {
    observers_->remove(*observer_);
    for (const auto& [name, figures] : figures())
        log(LogLevel::info, name + ": " + std::to_string(figures.calls) + " calls, " +
                                std::to_string(figures.failures) + " failed, mean " +
                                microseconds_text(figures.total / static_cast<Clock::rep>(figures.calls)) +
                                ", longest " + microseconds_text(figures.longest));
}

std::map<std::string, Timing::Figures> Timing::figures() const {
    return observer_ ? observer_->figures() : std::map<std::string, Figures>{};
}

} // namespace malla::plugins
