// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/child.hpp"
#include "malla/base/deadline.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace malla::cli {

/// One long-lived shell command as a function from line to line: it answers each line that it reads
/// with one line, in the same order, and has to write each at once. Many calls are under way together.
///
/// When the command ends, the calls that it was sent fail, `unknown` whether they ran; it is started
/// again for the others, at growing intervals as long as it answers nothing. Any thread; SIGPIPE has to be ignored.
class LinesService {
public:
    struct Options {
        std::string command;
        std::optional<Clock::duration> limit = {}; ///< for each line; a command that is slower is killed
        std::size_t max_line_bytes = 8UL << 20U;
        std::size_t max_calls = 4096; ///< under way or waiting; further ones are `busy`
    };

    /// Starts no process yet: the first call does.
    explicit LinesService(Options options);
    /// Kills the command; no call may be under way.
    ~LinesService();
    LinesService(const LinesService&) = delete;
    LinesService& operator=(const LinesService&) = delete;

    /// Sends `line` and waits for the line that answers it. `parameter_invalid` for a text with a line
    /// break; `expired` when it was not sent by the deadline, `deadline_exceeded` when it was.
    [[nodiscard]] Result<std::string> call(std::string_view line, Deadline deadline);

private:
    struct Slot;

    void run();
    void start_child();
    void send();
    void receive();
    void take_line(std::string_view line);
    void lose_child(const std::string& why);
    void wait();
    [[nodiscard]] Deadline next_deadline() const;
    void check_limit();

    const Options options_;
    Descriptor wake_;

    std::mutex mutex_;
    std::deque<std::shared_ptr<Slot>> queue_; ///< waiting to be sent; shared with the caller, who may give up
    std::size_t calls_ = 0;
    bool stopping_ = false;
    bool awake_ = true; ///< the thread looks at the queue before it waits

    // The thread's own.
    std::optional<Child> child_;
    std::deque<std::shared_ptr<Slot>> sent_;
    std::string unsent_;         ///< of the lines in `sent_`
    std::string received_;       ///< of a line that has not come whole
    unsigned failed_starts_ = 0; ///< since it last answered
    Clock::time_point start_at_{};
    std::thread thread_;
};

} // namespace malla::cli
