// SPDX-License-Identifier: Apache-2.0
#include "cli/window.hpp"

#include <algorithm>
#include <iterator>

namespace malla::cli {

std::size_t Window::limit(Clock::time_point now) const noexcept {
    if (!opened_at_) return 1;
    if (now - *opened_at_ >= opening) return capacity_;
    return std::min<std::uint64_t>(capacity_, 1 + written_ / written_per_step);
}

// Lines go on in groups, which are sent together. The two threads would wake each other for each line otherwise.
std::size_t Window::step(std::size_t limit) noexcept { return std::max<std::size_t>(limit / 4, 1); }

std::size_t Window::space(Clock::time_point now) {
    std::vector<StreamLine> finished; // destroyed without the lock
    const std::scoped_lock lock{mutex_};
    finished.swap(finished_);
    const std::size_t most = limit(now);
    sender_waits_ = outstanding_ + step(most) > most;
    if (sender_waits_) return 0;
    if (!opened_at_) opened_at_ = now;
    return most - outstanding_;
}

bool Window::is_opening(Clock::time_point now) const {
    const std::scoped_lock lock{mutex_};
    return limit(now) < capacity_;
}

void Window::push(StreamLine line) {
    {
        const std::scoped_lock lock{mutex_};
        lines_.push_back(std::move(line));
        ++outstanding_;
    }
    pushed_.notify_one();
}

void Window::close() {
    {
        const std::scoped_lock lock{mutex_};
        closed_ = true;
    }
    pushed_.notify_one();
}

bool Window::pop(std::deque<StreamLine>& into, Deadline until) {
    std::unique_lock lock{mutex_};
    if (lines_.empty() && until.passed(Clock::now())) return false;
    pushed_.wait_until(lock, until.at(), [&] { return closed_ || !lines_.empty(); });
    if (lines_.empty()) return false;
    if (into.empty()) {
        into.swap(lines_);
        return true;
    }
    into.insert(into.end(), std::move_iterator{lines_.begin()}, std::move_iterator{lines_.end()});
    lines_.clear();
    return true;
}

bool Window::finished() const {
    const std::scoped_lock lock{mutex_};
    return closed_ && lines_.empty();
}

bool Window::release(std::vector<StreamLine>& lines) {
    const std::scoped_lock lock{mutex_};
    outstanding_ -= lines.size();
    written_ += lines.size();
    finished_.insert(finished_.end(), std::move_iterator{lines.begin()}, std::move_iterator{lines.end()});
    lines.clear();
    if (outstanding_ + step(capacity_) > capacity_) return false;
    return std::exchange(sender_waits_, false);
}

} // namespace malla::cli
