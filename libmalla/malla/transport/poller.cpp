// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/poller.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <poll.h>

namespace malla::transport {

/// One thing the loop waits for: a source, or a bare descriptor.
struct Poller::Entry {
    Source* source; // null for a bare descriptor
    int fd;         // of a bare descriptor
    Function serve;
    Priority priority;
    bool armed = false;
    bool ready = false;
    bool removed = false;

    [[nodiscard]] std::array<int, 2> fds() const noexcept {
        return source == nullptr ? std::array{fd, -1} : source->fds();
    }
};

Poller::Poller() = default;
Poller::~Poller() = default;

void Poller::add(Socket& socket, OnMessages on_messages, Priority priority) {
    auto serve = [this, &socket, callback = std::move(on_messages)] {
        messages_.clear();
        if (socket.receive(messages_, Socket::batch) != 0) callback(messages_);
        messages_.clear();
    };
    entries_.push_back(std::make_unique<Entry>(Entry{&socket, -1, std::move(serve), priority}));
}

void Poller::add(Monitor& monitor, OnEvents on_events) {
    auto serve = [this, &monitor, callback = std::move(on_events)] {
        events_.clear();
        if (monitor.receive(events_) != 0) callback(events_);
    };
    entries_.push_back(std::make_unique<Entry>(Entry{&monitor, -1, std::move(serve), Priority::control}));
}

void Poller::add(int fd, Function on_readable, Priority priority) {
    entries_.push_back(std::make_unique<Entry>(Entry{nullptr, fd, std::move(on_readable), priority}));
}

void Poller::remove(const Source& source) {
    for (auto& entry : entries_) entry->removed = entry->removed || entry->source == &source;
}

void Poller::remove(int fd) {
    for (auto& entry : entries_) entry->removed = entry->removed || (entry->source == nullptr && entry->fd == fd);
}

TimerId Poller::at(Clock::time_point when, Function function) { return timers_.at(when, std::move(function)); }

TimerId Poller::every(Clock::duration period, Function function) {
    return timers_.every(Clock::now() + period, period, std::move(function));
}

void Poller::cancel(TimerId id) { timers_.cancel(id); }

void Poller::post(Function function) {
    {
        const std::scoped_lock lock{posted_mutex_};
        posted_.push_back(std::move(function));
        if (posted_.size() != 1) return; // the first one woke it
    }
    wake_.wake();
}

void Poller::stop() noexcept {
    stopping_ = true;
    wake_.wake();
}

void Poller::run() {
    while (!stopping_) {
        const bool ready = arm_all();
        wait(!ready);
        disarm_all();
        run_posted();
        dispatch(Priority::control);
        dispatch(Priority::data);
        timers_.run_due(Clock::now()); // after the messages, so that none is late for its own timeout
    }
}

/// Prepares `polled_` and returns whether there is input already.
bool Poller::arm_all() {
    std::erase_if(entries_, [](const auto& entry) { return entry->removed; });
    polled_.assign({pollfd{wake_.fd(), POLLIN, 0}});
    bool any_ready = false;
    for (auto& entry : entries_) {
        const auto armed = entry->source == nullptr ? Source::Armed::waiting : entry->source->arm();
        entry->armed = armed == Source::Armed::waiting;
        entry->ready = armed == Source::Armed::readable;
        entry->removed = armed == Source::Armed::closed;
        any_ready = any_ready || entry->ready;
        for (const int fd : entry->fds()) polled_.push_back(pollfd{entry->armed ? fd : -1, POLLIN, 0});
    }
    return any_ready;
}

void Poller::wait(bool block) {
    const auto result = ::poll(polled_.data(), polled_.size(), block ? timeout_ms() : 0);
    if (result <= 0) return; // nothing, or a signal: the next round looks again
    if (polled_[0].revents != 0) wake_.drain();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        auto& entry = *entries_[i];
        entry.ready = entry.ready || polled_[1 + 2 * i].revents != 0 || polled_[2 + 2 * i].revents != 0;
    }
}

void Poller::disarm_all() {
    for (auto& entry : entries_) {
        if (std::exchange(entry->armed, false) && entry->source != nullptr) entry->source->disarm();
    }
}

void Poller::run_posted() {
    std::vector<Function> functions;
    {
        const std::scoped_lock lock{posted_mutex_};
        functions.swap(posted_);
    }
    for (auto& function : functions) function();
}

void Poller::dispatch(Priority priority) {
    const auto count = entries_.size(); // those that callbacks add wait for the next round
    for (std::size_t i = 0; i < count; ++i) {
        auto& entry = *entries_[i];
        if (entry.priority == priority && entry.ready && !entry.removed) entry.serve();
    }
}

int Poller::timeout_ms() const {
    const auto next = timers_.next();
    return next ? Deadline{*next}.poll_timeout(Clock::now()) : -1;
}

} // namespace malla::transport
