// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/service/context.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace malla {

/// One piece of work, owned by whoever made it until it has run.
class Work {
public:
    virtual void run() noexcept = 0;
    /// Ends without having run, as no thread will be free; false when it would rather wait.
    [[nodiscard]] virtual bool give_up() noexcept { return false; }

protected:
    ~Work() = default;
};

/// Where the leading worker gets its work from.
class WorkSource {
public:
    /// The next piece, or null when there is none at the moment. Never waits. One thread at a time.
    virtual Work* next() = 0;
    /// Waits until there may be work, or `interrupt` was called. One thread at a time.
    virtual void wait() = 0;
    /// Ends a wait, from any thread.
    virtual void interrupt() noexcept = 0;

protected:
    ~WorkSource() = default;
};

/// Threads of which one leads: it reads the source and runs what it reads itself, so that a short
/// piece of work never changes threads. When a piece runs longer than `takeover_after`, or is about
/// to wait, another thread leads in its place; behind many short pieces that is noticed up to 16 times
/// as late.
///
/// A thread that waits for calls does not count as one of the `max_threads`, since the work that it waits for may need
/// one of them. When so many wait that no thread is left, what is queued gives up, and nothing is taken.
class Workers {
public:
    struct Limits {
        Clock::duration takeover_after;
        std::size_t max_threads; ///< at least 2: one of them is kept for reading
        std::size_t max_waiting; ///< threads that wait and do not count
        std::size_t max_queued;  ///< pieces that wait for a thread
    };

    Workers(WorkSource& source, Limits limits);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// Begins to read. Called once.
    void start();
    /// Runs `work` on another thread; false when the queue is full, or no thread is left. Any thread.
    [[nodiscard]] bool post(Work& work);
    /// As `post` for a further piece of work that was let in: there is always room for it. Any thread.
    void post_further(Work& work);
    /// Runs `work` on this thread after what it runs now, where this is a worker, else on another. Any thread.
    void post_after_this(Work& work);
    /// Whether the calling thread leads, and runs a piece of work.
    [[nodiscard]] bool leads() const noexcept;
    /// Whether the leader may run a piece itself: a thread is left to lead in its place.
    [[nodiscard]] bool may_run_here() const noexcept;
    /// Ends the threads as they become free; gives the number of those that have not by `deadline`.
    [[nodiscard]] std::size_t stop(Deadline deadline);

private:
    class Listener;
    struct ThisThread;
    static thread_local ThisThread* this_thread_;

    void run_thread();
    void lead(ThisThread& self);
    void run_inline(ThisThread& self, Work& work);
    void run_chain(ThisThread& self, Work& work) noexcept;
    void begin_wait();
    void end_wait();
    void hand_over(ThisThread& self);
    void give_up_queued(ThisThread& self);
    [[nodiscard]] std::size_t running() const noexcept;
    [[nodiscard]] bool none_left() const noexcept;
    [[nodiscard]] bool surplus_locked() const noexcept;
    void retire_locked();
    bool take_lead_from(std::uint64_t state);
    void appoint_locked();
    void spawn_locked();
    void watch();

    WorkSource& source_;
    const Limits limits_;

    /// Counts the pieces that leaders have run, times two, plus one while one runs inline. Whoever
    /// moves it away from a running leader's value has taken the lead from it.
    std::atomic<std::uint64_t> lead_ = 0;
    std::atomic<bool> watch_sleeps_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::size_t> busy_ = 0;    ///< threads that run work
    std::atomic<std::size_t> waiting_ = 0; ///< of these, threads that wait for calls

    std::mutex mutex_;
    std::condition_variable changed_;       ///< for idle threads
    std::condition_variable watch_changed_; ///< for the watch
    std::condition_variable ended_;
    bool lead_vacant_ = false;
    std::size_t idle_ = 0;
    std::size_t starting_ = 0; ///< threads that have yet to look for something to do
    std::size_t running_threads_ = 0;
    std::deque<Work*> queue_;
    std::vector<std::thread> threads_;
    std::vector<std::thread> retired_; ///< they end
    std::thread watch_;
};

} // namespace malla
