// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_lines.hpp"

#include "malla/base/log.hpp"
#include "malla/base/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>

namespace malla::cli {

namespace {

using namespace std::chrono_literals;

constexpr int closing_ms = 200;                        // from the end of a command's output to its own end
constexpr std::size_t max_unsent_bytes = 256UL << 10U; // what is handed over ahead of the command

Clock::duration pause_after(unsigned failed_starts) {
    if (failed_starts <= 1) return 0s;
    return std::min<Clock::duration>(100ms * (1U << std::min(failed_starts - 2, 8U)), 5s);
}

constexpr Deadline never{Clock::time_point::max()};

} // namespace

/// One call, guarded by the service's mutex.
struct LinesService::Slot {
    explicit Slot(std::string_view text) : line{text} { line += '\n'; }

    std::string line;           ///< empty once sent
    Clock::time_point began_at; ///< sent, and all before it answered
    bool abandoned = false;
    std::optional<Result<std::string>> result;
    std::condition_variable changed;
};

LinesService::LinesService(Options options)
    : options_{std::move(options)}, wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, thread_{[this] { run(); }} {}

LinesService::~LinesService() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
}

Result<std::string> LinesService::call(std::string_view line, Deadline deadline) {
    if (line.find('\n') != std::string_view::npos)
        return Status{"parameter_invalid", "a text with a line break is no line"};
    const auto slot = std::make_shared<Slot>(line);
    std::unique_lock lock{mutex_};
    if (calls_ >= options_.max_calls) return Status{"busy", options_.command};
    ++calls_;
    queue_.push_back(slot);
    if (!std::exchange(awake_, true)) ::eventfd_write(wake_.get(), 1);
    slot->changed.wait_until(lock, deadline.at(), [&] { return slot->result.has_value(); });
    --calls_;
    if (slot->result) return *std::move(slot->result);
    slot->abandoned = true;
    return Status{slot->line.empty() ? "deadline_exceeded" : "expired"};
}

void LinesService::run() {
    for (;;) {
        {
            const std::scoped_lock lock{mutex_};
            if (stopping_) return child_.reset();
        }
        start_child();
        send();
        wait();
        receive();
        check_limit();
    }
}

void LinesService::start_child() {
    if (child_ || Clock::now() < start_at_) return;
    {
        const std::scoped_lock lock{mutex_};
        if (queue_.empty()) return;
    }
    auto child = Child::start(options_.command, false);
    start_at_ = Clock::now() + pause_after(++failed_starts_);
    if (child) child_ = *std::move(child);
    else log(LogLevel::error, child.error().info());
}

void LinesService::send() {
    if (!child_) return;
    {
        const std::scoped_lock lock{mutex_};
        while (!queue_.empty() && unsent_.size() < max_unsent_bytes) {
            auto slot = std::move(queue_.front());
            queue_.pop_front();
            if (slot->abandoned) continue;
            unsent_ += std::exchange(slot->line, {});
            slot->began_at = Clock::now();
            sent_.push_back(std::move(slot));
        }
    }
    while (!unsent_.empty()) {
        const ssize_t put = ::write(child_->input.get(), unsent_.data(), unsent_.size());
        if (put > 0) unsent_.erase(0, static_cast<std::size_t>(put));
        else if (errno != EINTR) return; // full, or its end is about to be seen
    }
}

Deadline LinesService::next_deadline() const {
    if (!child_) return queue_.empty() ? never : Deadline{start_at_};
    if (!options_.limit || sent_.empty()) return never;
    return Deadline{sent_.front()->began_at + *options_.limit};
}

void LinesService::wait() {
    Deadline until = never;
    {
        const std::scoped_lock lock{mutex_};
        awake_ = stopping_ || (child_ && !queue_.empty() && unsent_.empty());
        if (awake_) return;
        until = next_deadline();
    }
    const bool has_unsent = child_ && !unsent_.empty();
    std::array<pollfd, 4> all{{{wake_.get(), POLLIN, 0},
                               {child_ ? child_->output.get() : -1, POLLIN, 0},
                               {has_unsent ? child_->input.get() : -1, POLLOUT, 0},
                               {child_ ? child_->ended_descriptor() : -1, POLLIN, 0}}};
    ::poll(all.data(), all.size(), until.poll_timeout(Clock::now()));
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
    const std::scoped_lock lock{mutex_};
    awake_ = true;
}

void LinesService::receive() {
    if (!child_) return;
    pollfd ended{child_->ended_descriptor(), POLLIN, 0};
    bool has_ended = ::poll(&ended, 1, 0) == 1;
    std::array<char, 65536> block;
    ssize_t got = 0;
    while ((got = ::read(child_->output.get(), block.data(), block.size())) > 0) {
        received_.append(block.data(), static_cast<std::size_t>(got));
        std::size_t begin = 0;
        for (auto end = received_.find('\n'); end != std::string::npos; end = received_.find('\n', begin)) {
            take_line(std::string_view{received_}.substr(begin, end - begin));
            begin = end + 1;
        }
        received_.erase(0, begin);
        if (received_.size() > options_.max_line_bytes) return lose_child("its line is too long");
    }
    const bool closed = got == 0 || (errno != EAGAIN && errno != EINTR);
    if (closed && !has_ended) has_ended = ::poll(&ended, 1, closing_ms) == 1;
    if (has_ended) lose_child("");
    else if (closed) lose_child("it closed its output");
}

void LinesService::take_line(std::string_view line) {
    if (sent_.empty()) return log(LogLevel::warning, "a line that answers nothing: " + std::string{line});
    failed_starts_ = 0;
    start_at_ = {};
    const auto slot = std::move(sent_.front());
    sent_.pop_front();
    if (!sent_.empty() && options_.limit) sent_.front()->began_at = Clock::now();
    const std::scoped_lock lock{mutex_};
    slot->result.emplace(std::string{line});
    slot->changed.notify_one();
}

// Whoever was sent a line does not know whether it ran. A line that was not handed over whole is
// among them: a command may act on half a line.
void LinesService::lose_child(const std::string& why) {
    if (!why.empty()) child_->kill();
    const std::string end = end_text(child_->reap());
    child_.reset();
    unsent_.clear();
    received_.clear();
    const Status lost = Status{"command_failed", why.empty() ? end : why}.set_outcome(Outcome::unknown);
    log(sent_.empty() ? LogLevel::notice : LogLevel::warning, options_.command + ": " + lost.info());
    const std::scoped_lock lock{mutex_};
    for (const auto& slot : std::exchange(sent_, {})) {
        slot->result.emplace(lost);
        slot->changed.notify_one();
    }
}

void LinesService::check_limit() {
    if (child_ && options_.limit && !sent_.empty() && Clock::now() >= sent_.front()->began_at + *options_.limit)
        lose_child("it was killed at its limit of " + duration_text(*options_.limit));
}

} // namespace malla::cli
