// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_lines.hpp"

#include <utility>

namespace malla::cli {

LinesService::LinesService(const Options& options) : command_{options.command.command}, max_calls_{options.max_calls} {
    for (std::size_t i = 0; i < options.workers; ++i)
        workers_.push_back(std::make_unique<LinesWorker>(options.command, queue_));
}

Result<std::string> LinesService::call(std::string_view line, Deadline deadline, const std::stop_token& stop) {
    if (line.find('\n') != std::string_view::npos)
        return Status{"parameter_invalid", "a text with a line break is no line"};
    const auto call = std::make_shared<LineQueue::Call>(line, deadline);
    std::unique_lock lock{queue_.mutex};
    if (calls_ >= max_calls_) return Status{"busy", command_};
    if (auto refused = queue_.refusal(Clock::now())) return *std::move(refused);
    ++calls_;
    queue_.push(call);
    call->changed.wait_until(lock, stop, deadline.at(), [&] { return call->result.has_value(); });
    --calls_;
    if (call->result) return *std::move(call->result);
    if (!stop.stop_requested()) {
        const bool written = queue_.give_up(call, "the deadline of a call passed before its line was answered");
        Status late{written ? "deadline_exceeded" : "expired"};
        if (const auto why = queue_.why_down(); !written && !why.empty())
            late.set_info(late.info() + "; " + command_ + ": " + why);
        return late;
    }
    if (!queue_.give_up(call, "a call was cancelled before its line was answered")) return Status{"cancelled"};
    return Status{"command_failed", "it was stopped before it answered"}.set_outcome(Outcome::unknown);
}

} // namespace malla::cli
