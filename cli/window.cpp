// SPDX-License-Identifier: Apache-2.0
#include "cli/window.hpp"

#include <algorithm>

namespace malla::cli {

std::size_t Window::limit(Clock::time_point now) const noexcept {
    if (!opened_at_) return 1;
    if (now - *opened_at_ >= opening) return capacity_;
    return std::min<std::uint64_t>(capacity_, 1 + written_ / written_per_step);
}

bool Window::has_space(Clock::time_point now) {
    const std::scoped_lock lock{mutex_};
    sender_waits_ = outstanding_ >= limit(now);
    if (!sender_waits_ && !opened_at_) opened_at_ = now;
    return !sender_waits_;
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

std::optional<StreamLine> Window::pop(Deadline until) {
    std::unique_lock lock{mutex_};
    pushed_.wait_until(lock, until.at(), [&] { return closed_ || !lines_.empty(); });
    if (lines_.empty()) return std::nullopt;
    StreamLine line = std::move(lines_.front());
    lines_.pop_front();
    return line;
}

bool Window::finished() const {
    const std::scoped_lock lock{mutex_};
    return closed_ && lines_.empty();
}

bool Window::release(std::size_t count) {
    const std::scoped_lock lock{mutex_};
    outstanding_ -= count;
    written_ += count;
    return std::exchange(sender_waits_, false);
}

} // namespace malla::cli
