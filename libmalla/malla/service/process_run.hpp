// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/descriptor.hpp"
#include "malla/service/child_run.hpp"

namespace malla {

/// A program in a process group of its own. Neither SIGCHLD nor any other signal is handled for it.
class ProcessRun final : public ChildRun {
public:
    [[nodiscard]] static Result<std::unique_ptr<ChildRun>> start(const std::vector<std::string>& argv,
                                                                 const ProcessOptions& options);
    ~ProcessRun() override;

    [[nodiscard]] int ended_descriptor() const noexcept override { return process_.get(); }
    void ask_to_stop() noexcept override;
    [[nodiscard]] bool kill() noexcept override;
    [[nodiscard]] std::optional<std::string> finish() override;
    [[nodiscard]] int pid() const noexcept override { return pid_; }

private:
    explicit ProcessRun(pid_t pid) noexcept;

    pid_t pid_; ///< also the number of its group; 0 when it has been reaped
    Descriptor process_;
    bool asked_ = false;
};

} // namespace malla
