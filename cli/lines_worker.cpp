// SPDX-License-Identifier: Apache-2.0
#include "cli/lines_worker.hpp"

#include "malla/base/log.hpp"
#include "malla/base/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

namespace malla::cli {

namespace {

using namespace std::chrono_literals;

constexpr int closing_ms = 200;                   // from the end of a command's output to its own end
constexpr std::size_t enough_bytes = 64UL << 10U; // to write at once
constexpr auto quick = 10ms;                      // lines are written ahead of a command that answers within this
constexpr std::size_t max_ahead = 256;            // so many at most
constexpr auto surplus_time = 5ms;                // in which the second of two lines follows the first
constexpr std::size_t answers_until_trusted = 8;  // each followed by that time
constexpr std::size_t max_shown_bytes = 80;

Clock::duration pause_after(unsigned failed_starts) {
    if (failed_starts <= 1) return 0s;
    return std::min<Clock::duration>(100ms * (1U << std::min(failed_starts - 2, 8U)), 5s);
}

/// What a shell ends with that finds no program to run, or cannot run it.
bool has_no_program(int wait_status) {
    return WIFEXITED(wait_status) && (WEXITSTATUS(wait_status) == 126 || WEXITSTATUS(wait_status) == 127);
}

constexpr Deadline never{Clock::time_point::max()};

std::string out_of_step(std::string_view line) {
    return "out of step: it wrote \"" + std::string{line.substr(0, max_shown_bytes)} +
           (line.size() > max_shown_bytes ? "..." : "") + "\", which answers no call";
}

} // namespace

LinesWorker::LinesWorker(Options options, LineQueue& queue) : options_{std::move(options)}, queue_{queue} {
    thread_ = std::thread{[this] { run(); }};
    const std::scoped_lock lock{queue_.mutex};
    queue_.add(state_);
}

LinesWorker::~LinesWorker() {
    {
        const std::scoped_lock lock{queue_.mutex};
        queue_.remove(state_);
        state_.stopping = true;
        state_.wake();
    }
    thread_.join();
}

void LinesWorker::run() {
    for (;;) {
        {
            const std::scoped_lock lock{queue_.mutex};
            if (state_.stopping) return child_.reset();
        }
        start_child();
        receive();
        check_calls();
        send();
        wait();
    }
}

void LinesWorker::start_child() {
    if (child_) return;
    {
        const std::scoped_lock lock{queue_.mutex};
        if (Clock::now() < state_.start_at || (std::exchange(begun_, true) && queue_.empty())) return;
    }
    auto child = Child::start(options_.command, {.guardian = options_.guardian});
    const auto now = Clock::now();
    const std::scoped_lock lock{queue_.mutex};
    state_.start_at = now + pause_after(++failed_starts_);
    if (!child) return log(LogLevel::error, queue_.last_loss = child.error().info());
    child_ = *std::move(child);
    settled_at_ = now + options_.banner_time;
    answers_ = 0;
    state_.has_child = true;
    state_.ahead = 1;
}

void LinesWorker::receive() {
    if (!child_) return;
    pollfd ended{child_->ended_descriptor(), POLLIN, 0};
    bool has_ended = ::poll(&ended, 1, 0) == 1;
    std::array<char, 65536> block;
    ssize_t got = 0;
    while ((got = ::read(child_->output.get(), block.data(), block.size())) > 0) {
        received_.append(block.data(), static_cast<std::size_t>(got));
        if (!take_lines()) return;
    }
    const bool closed = got == 0 || (errno != EAGAIN && errno != EINTR);
    if (closed && !has_ended) has_ended = ::poll(&ended, 1, closing_ms) == 1;
    if (has_ended) lose_child("");
    else if (closed) lose_child("it closed its output");
}

// Whether the child is still there.
bool LinesWorker::take_lines() {
    std::size_t begin = 0;
    for (auto end = received_.find('\n'); end != std::string::npos; end = received_.find('\n', begin)) {
        if (!take_line(std::string_view{received_}.substr(begin, end - begin))) return false;
        begin = end + 1;
    }
    received_.erase(0, begin);
    if (sent_.empty() && !received_.empty()) return lose_child(out_of_step(received_)), false;
    if (received_.size() > options_.max_line_bytes) return lose_child("its line is too long"), false;
    return true;
}

bool LinesWorker::take_line(std::string_view line) {
    // A line that was not written whole cannot have been answered.
    if (sent_.size() <= (unsent_.empty() ? 0U : 1U)) return lose_child(out_of_step(line)), false;
    failed_starts_ = 0;
    const auto call = std::move(sent_.front());
    sent_.pop_front();
    const auto now = first_began_at_ = Clock::now();
    const bool trusted = ++answers_ > answers_until_trusted;
    if (!trusted) settled_at_ = now + surplus_time;
    const std::scoped_lock lock{queue_.mutex};
    --state_.written;
    state_.start_at = {};
    if (trusted)
        state_.ahead = now <= call->written_at + quick ? std::min(state_.ahead * 2, max_ahead)
                                                       : std::max<std::size_t>(state_.ahead / 2, 1);
    call->answer(std::string{line});
    return true;
}

// Whether all who wait for an answer may still wait for it.
void LinesWorker::check_calls() {
    std::string why;
    {
        const std::scoped_lock lock{queue_.mutex};
        if (std::exchange(state_.was_left, false))
            for (const auto& call : sent_)
                if (!call->given_up.empty()) why = call->given_up;
    }
    if (!why.empty()) lose_child("out of step: " + why);
    else if (!sent_.empty() && options_.limit && Clock::now() >= first_began_at_ + *options_.limit)
        lose_child("it was killed at its limit of " + duration_text(*options_.limit));
}

void LinesWorker::send() {
    if (!child_ || is_full_) return;
    if (unsent_.empty()) take_calls();
    while (!unsent_.empty()) {
        const ssize_t put = ::write(child_->input.get(), unsent_.data(), unsent_.size());
        if (put > 0) unsent_.erase(0, static_cast<std::size_t>(put));
        else if (errno == EAGAIN) is_full_ = true;
        else if (errno != EINTR) return input_closed();
        if (is_full_) break;
    }
    put_back_unwritten();
}

void LinesWorker::take_calls() {
    const auto now = Clock::now();
    const std::scoped_lock lock{queue_.mutex};
    state_.ready = is_settled(now);
    while (unsent_.size() < enough_bytes) {
        auto call = queue_.take(state_);
        if (!call) break;
        if (sent_.empty()) first_began_at_ = now;
        call->written_at = now;
        unsent_ += call->line;
        sent_.push_back(std::move(call));
    }
    queue_.wake_for_next();
}

void LinesWorker::put_back_unwritten() {
    if (unsent_.empty()) return;
    const std::scoped_lock lock{queue_.mutex};
    while (!sent_.empty() && unsent_.size() >= sent_.back()->line.size()) {
        unsent_.resize(unsent_.size() - sent_.back()->line.size());
        queue_.put_back(std::move(sent_.back()));
        sent_.pop_back();
        --state_.written;
    }
}

// It may have answered before.
void LinesWorker::input_closed() {
    put_back_unwritten();
    pollfd ended{child_->ended_descriptor(), POLLIN, 0};
    ::poll(&ended, 1, closing_ms);
    receive();
    if (child_) lose_child("it closed its input");
}

// Whoever was written a line does not know whether it ran. A line that was not handed over whole is
// among them: a command may act on half a line.
void LinesWorker::lose_child(const std::string& why) {
    if (!why.empty()) child_->kill();
    const int status = child_->reap();
    const std::string end = end_text(status);
    const bool cannot_run = why.empty() && sent_.empty() && answers_ == 0 && has_no_program(status);
    child_.reset();
    put_back_unwritten();
    unsent_.clear();
    is_full_ = false;
    received_.clear();
    const Status lost = Status{"command_failed", why.empty() ? end : why}.set_outcome(Outcome::unknown);
    // One that ends by itself between calls may do so; that it never answers is told once.
    const bool is_usual = sent_.empty() && why.empty() && failed_starts_ != 2;
    log(is_usual ? LogLevel::notice : LogLevel::warning, options_.command + ": " + lost.info());
    const std::scoped_lock lock{queue_.mutex};
    queue_.last_loss = lost.info();
    state_.has_child = state_.ready = state_.was_left = false;
    state_.written = 0;
    for (const auto& call : std::exchange(sent_, {})) call->answer(lost);
    queue_.nothing_to_run.reset();
    if (cannot_run)
        queue_.nothing_to_run =
            Status{"command_failed", end + ": its shell found nothing to run"}.set_outcome(Outcome::not_run);
    queue_.refuse_waiting();
}

Deadline LinesWorker::next_deadline() const {
    if (!child_) return queue_.empty() ? never : Deadline{state_.start_at};
    Deadline until = never;
    if (!is_settled(Clock::now())) until = Deadline{settled_at_};
    if (options_.limit && !sent_.empty()) until = std::min(until, Deadline{first_began_at_ + *options_.limit});
    return until;
}

// Whether there is nothing to do until something comes or `until`.
bool LinesWorker::prepare_to_wait(Deadline& until) {
    const std::scoped_lock lock{queue_.mutex};
    state_.ready = is_settled(Clock::now()) && !is_full_ && unsent_.empty();
    state_.awake = state_.stopping || state_.was_left || queue_.may_take(state_);
    until = next_deadline();
    return !state_.awake;
}

void LinesWorker::wait() {
    Deadline until = never;
    if (!prepare_to_wait(until)) return;
    std::array<pollfd, 4> all{{{state_.wake_descriptor.get(), POLLIN, 0},
                               {child_ ? child_->output.get() : -1, POLLIN, 0},
                               {child_ && is_full_ ? child_->input.get() : -1, POLLOUT, 0},
                               {child_ ? child_->ended_descriptor() : -1, POLLIN, 0}}};
    ::poll(all.data(), all.size(), until.poll_timeout(Clock::now()));
    if (all[2].revents != 0) is_full_ = false;
    eventfd_t count = 0;
    ::eventfd_read(state_.wake_descriptor.get(), &count);
    const std::scoped_lock lock{queue_.mutex};
    state_.awake = true;
}

} // namespace malla::cli
