// SPDX-License-Identifier: Apache-2.0
#include "malla/service/gate.hpp"

#include <algorithm>

namespace malla {

namespace {

class Waiter final : public Gate::Job {
public:
    explicit Waiter(const RequestId& root) noexcept : Job{root} {}

    void granted() noexcept override {
        // Notified under the lock: the waiter may be gone as soon as it is released.
        const std::lock_guard lock{mutex_};
        granted_ = true;
        changed_.notify_one();
    }

    bool wait_until(Deadline deadline) {
        std::unique_lock lock{mutex_};
        return changed_.wait_until(lock, deadline.at(), [this] { return granted_; });
    }

    void wait() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return granted_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool granted_ = false;
};

} // namespace

Gate::Entry Gate::enter(Job& job, std::size_t max_queued) {
    const std::lock_guard lock{mutex_};
    switch (state_.exchange(State::contended, std::memory_order_acquire)) {
    case State::free: state_.store(State::held, std::memory_order_relaxed); return Entry::entered;
    case State::held: active_ = true; break;
    case State::contended: break;
    }
    if (!active_ && suspended_ > 0 && owner_ == job.root()) {
        active_ = true;
        return Entry::entered;
    }
    if (queue_.size() >= max_queued) return Entry::full;
    queue_.push_back(&job);
    return Entry::queued;
}

Gate::Entry Gate::enter_waiting(const RequestId& root, Deadline deadline) {
    Waiter waiter{root};
    const Entry entry = enter(waiter);
    if (entry != Entry::queued || waiter.wait_until(deadline)) return entry == Entry::full ? entry : Entry::entered;
    if (withdraw(waiter)) return Entry::queued;
    waiter.wait();
    return Entry::entered;
}

bool Gate::withdraw(Job& job) {
    const std::lock_guard lock{mutex_};
    return std::erase(queue_, &job) > 0;
}

void Gate::leave_contended() noexcept {
    Job* next = nullptr;
    {
        const std::lock_guard lock{mutex_};
        active_ = false;
        next = next_job();
    }
    if (next) next->granted();
}

void Gate::suspend(const RequestId& root) {
    Job* next = nullptr;
    {
        const std::lock_guard lock{mutex_};
        state_.store(State::contended, std::memory_order_relaxed);
        active_ = false;
        owner_ = root;
        ++suspended_;
        next = next_job();
    }
    if (next) next->granted();
}

void Gate::resume() {
    std::unique_lock lock{mutex_};
    ++resuming_;
    left_.wait(lock, [this] { return !active_; });
    --resuming_;
    --suspended_;
    active_ = true;
    settle();
}

std::size_t Gate::queued() const {
    const std::lock_guard lock{mutex_};
    return queue_.size();
}

// The mutex is held and nobody is active: chooses who is next, and makes it active.
Gate::Job* Gate::next_job() {
    if (resuming_ > 0) {
        left_.notify_all();
        return nullptr;
    }
    const auto next =
        suspended_ > 0 ? std::ranges::find(queue_, owner_, [](const Job* job) { return job->root(); }) : queue_.begin();
    if (next == queue_.end()) {
        if (suspended_ == 0) state_.store(State::free, std::memory_order_release);
        return nullptr;
    }
    Job* job = *next;
    queue_.erase(next);
    active_ = true;
    settle();
    return job;
}

// The mutex is held and somebody is active: when nobody else is around, leaving is simple again.
void Gate::settle() noexcept {
    if (queue_.empty() && suspended_ == 0) state_.store(State::held, std::memory_order_relaxed);
}

} // namespace malla
