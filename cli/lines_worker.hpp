// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/child.hpp"
#include "cli/line_queue.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace malla::cli {

/// Runs one of the commands of a `LinesService`: a thread that writes lines, reads those that answer them, and starts
/// the command again when it is lost.
class LinesWorker {
public:
    struct Options {
        std::string command;
        std::optional<Clock::duration> limit = {}; ///< for each line; a command that is slower is killed
        std::size_t max_line_bytes = 8UL << 20U;
        Guardian* guardian = nullptr;                                ///< outlives the service
        Clock::duration banner_time = std::chrono::milliseconds{50}; ///< a command that has just begun gets no line yet
    };

    LinesWorker(Options options, LineQueue& queue);
    /// Kills the command.
    ~LinesWorker();
    LinesWorker(const LinesWorker&) = delete;
    LinesWorker& operator=(const LinesWorker&) = delete;

private:
    void run();
    void start_child();
    void receive();
    [[nodiscard]] bool take_lines();
    [[nodiscard]] bool take_line(std::string_view line);
    void check_calls();
    void send();
    void take_calls();
    void put_back_unwritten();
    void input_closed();
    void lose_child(const std::string& why);
    [[nodiscard]] bool is_settled(Clock::time_point now) const { return child_ && now >= settled_at_; }
    [[nodiscard]] bool prepare_to_wait(Deadline& until);
    [[nodiscard]] Deadline next_deadline() const;
    void wait();

    const Options options_;
    LineQueue& queue_;
    LineQueue::Worker state_; ///< guarded by the queue's mutex

    // The thread's own.
    std::optional<Child> child_;
    std::deque<LineQueue::CallPtr> sent_;
    std::string unsent_;                 ///< of the last line in `sent_`
    bool is_full_ = false;               ///< the command's input takes no more at the moment
    std::string received_;               ///< of a line that has not come whole
    Clock::time_point first_began_at_{}; ///< the first of `sent_` was written, and all before it answered
    Clock::time_point settled_at_{};     ///< until then a line that answers nothing may come
    std::size_t answers_ = 0;            ///< of this child
    bool begun_ = false;
    unsigned failed_starts_ = 0; ///< since one last answered
    std::thread thread_;
};

} // namespace malla::cli
