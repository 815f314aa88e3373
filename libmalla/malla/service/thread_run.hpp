// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/child_run.hpp"

#include <thread>

namespace malla {

/// A function that runs on a thread of its own.
class ThreadRun final : public ChildRun {
public:
    /// Copies both functions; throws what copying throws, and `std::system_error` when there is no thread.
    [[nodiscard]] static Result<std::unique_ptr<ChildRun>>
    start(const std::string& name, const std::function<void(std::stop_token)>& body, const AroundChild& around);
    ~ThreadRun() override;

    [[nodiscard]] int ended_descriptor() const noexcept override;
    void ask_to_stop() noexcept override;
    [[nodiscard]] bool kill() noexcept override { return false; }
    [[nodiscard]] std::optional<std::string> finish() override;

private:
    struct Shared;

    explicit ThreadRun(std::shared_ptr<Shared> shared) noexcept : shared_{std::move(shared)} {}

    std::shared_ptr<Shared> shared_; // shared with the thread, which may be left behind
    std::thread thread_;
};

} // namespace malla
