// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace malla {

/// Lets one call tree at a time into a serial service.
///
/// While the tree's handler waits for a call of its own it is `suspend`ed, and only calls of the
/// same tree may enter; all others queue in the order in which they came. Entering and leaving an
/// uncontended gate is one atomic exchange each. Any thread.
class Gate {
public:
    /// A call that waits in the queue. It lives until it was granted or withdrawn.
    class Job {
    public:
        Job(const Job&) = delete;
        Job& operator=(const Job&) = delete;

        [[nodiscard]] const RequestId& root() const noexcept { return root_; }
        /// The gate is now held for this job. Runs on the thread that left the gate, which holds no lock.
        virtual void granted() noexcept = 0;

    protected:
        explicit Job(const RequestId& root) noexcept : root_{root} {}
        ~Job() = default;
        /// Before it is queued only.
        void set_root(const RequestId& root) noexcept { root_ = root; }

    private:
        RequestId root_;
    };

    enum class Entry : std::uint8_t { entered, queued, full };

    static constexpr std::size_t default_max_queued = 1024;

    explicit Gate(std::size_t max_queued = default_max_queued) noexcept : max_queued_{max_queued} {}

    /// Enters a gate that nobody holds.
    [[nodiscard]] bool try_enter() noexcept {
        auto expected = State::free;
        return state_.compare_exchange_strong(expected, State::held, std::memory_order_acquire,
                                              std::memory_order_relaxed);
    }

    /// Enters, or queues `job`, which is then granted once; `full` did neither.
    [[nodiscard]] Entry enter(Job& job) { return enter(job, max_queued_); }
    /// As above for one who was inside before: there is always room for him.
    [[nodiscard]] Entry enter_again(Job& job) { return enter(job, SIZE_MAX); }

    /// Enters, waiting until `deadline`; false when it passed or the queue is full (`full` says which).
    [[nodiscard]] Entry enter_waiting(const RequestId& root, Deadline deadline);

    /// Takes a queued job back; false when it has been granted.
    [[nodiscard]] bool withdraw(Job& job);

    /// Lets the next one in. Called by whoever entered.
    void leave() noexcept {
        auto expected = State::held;
        if (!state_.compare_exchange_strong(expected, State::free, std::memory_order_release,
                                            std::memory_order_relaxed)) [[unlikely]]
            leave_contended();
    }

    /// The holder, of the tree `root`, is about to wait for a call of its own.
    void suspend(const RequestId& root);
    /// The holder goes on; waits until a call of its tree that entered meanwhile has left.
    void resume();

    /// How many jobs wait.
    [[nodiscard]] std::size_t queued() const;

private:
    /// `held` is a holder without company; everything else is told under the mutex.
    enum class State : std::uint8_t { free, held, contended };

    Entry enter(Job& job, std::size_t max_queued);
    void leave_contended() noexcept;
    [[nodiscard]] Job* next_job();
    void settle() noexcept;

    std::atomic<State> state_ = State::free;
    const std::size_t max_queued_;
    mutable std::mutex mutex_;
    // Valid in state `contended` only.
    bool active_ = false;          ///< somebody runs inside
    unsigned suspended_ = 0;       ///< holders that wait for calls of their own
    unsigned resuming_ = 0;        ///< of those, the ones that want to go on
    RequestId owner_;              ///< the tree that is suspended
    std::condition_variable left_; ///< for those that resume
    std::deque<Job*> queue_;
};

} // namespace malla
