// SPDX-License-Identifier: Apache-2.0
#include "malla/node/workers.hpp"

#include "malla/base/thread.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace malla {

namespace {

// The watch goes to sleep after so many looks without any work.
constexpr int looks_before_sleep = 16;
// While all work ends in time it looks more rarely, at most so much: a look takes a core from the calls.
constexpr int longest_watch_pause = 8;

} // namespace

/// What a worker's thread knows of itself.
struct Workers::ThisThread final : BlockingListener {
    explicit ThisThread(Workers& owner) : workers{owner} {}

    void about_to_block(WaitFor what) noexcept override {
        workers.hand_over(*this);
        if (what == WaitFor::calls && waits++ == 0) workers.begin_wait();
    }
    void goes_on(WaitFor what) noexcept override {
        if (what == WaitFor::calls && --waits == 0) workers.end_wait();
    }

    Workers& workers;
    unsigned waits = 0;           ///< within each other
    std::uint64_t running = 0;    ///< the value of `lead_` while this thread leads and runs a piece, else 0
    std::vector<Work*> following; ///< to run after the present piece
};

thread_local Workers::ThisThread* Workers::this_thread_ = nullptr;

Workers::Workers(WorkSource& source, Limits limits) : source_{source}, limits_{limits} {}

Workers::~Workers() {
    (void)stop(Deadline{Clock::time_point::max()});
    for (auto& thread : threads_) thread.join();
    for (auto& thread : retired_) thread.join();
    if (watch_.joinable()) watch_.join();
}

void Workers::start() {
    const std::lock_guard lock{mutex_};
    watch_ = start_thread("malla-watch", [this] { watch(); });
    lead_vacant_ = true;
    spawn_locked();
}

bool Workers::post(Work& work) {
    const std::lock_guard lock{mutex_};
    if (queue_.size() >= limits_.max_queued || none_left()) return false;
    queue_.push_back(&work);
    appoint_locked();
    return true;
}

void Workers::post_further(Work& work) {
    const std::lock_guard lock{mutex_};
    queue_.push_back(&work);
    appoint_locked();
    if (none_left()) source_.interrupt(); // the leader has it give up
}

void Workers::post_after_this(Work& work) {
    if (this_thread_ && &this_thread_->workers == this) {
        this_thread_->following.push_back(&work);
        return;
    }
    post_further(work);
}

bool Workers::leads() const noexcept {
    return this_thread_ && &this_thread_->workers == this && this_thread_->running != 0 &&
           this_thread_->running == lead_.load();
}

bool Workers::may_run_here() const noexcept { return running() + 1 < limits_.max_threads; }

// The threads that count: those that run work, and those that wait although there were enough of these.
std::size_t Workers::running() const noexcept {
    const std::size_t waiting = std::min(waiting_.load(std::memory_order_relaxed), limits_.max_waiting);
    const std::size_t busy = busy_.load(std::memory_order_relaxed);
    return busy > waiting ? busy - waiting : 0;
}

// Every thread but the one that reads waits.
bool Workers::none_left() const noexcept {
    return waiting_.load(std::memory_order_relaxed) + 1 >= limits_.max_waiting + limits_.max_threads;
}

std::size_t Workers::stop(Deadline deadline) {
    std::unique_lock lock{mutex_};
    stopping_.store(true);
    source_.interrupt();
    changed_.notify_all();
    watch_changed_.notify_all();
    ended_.wait_until(lock, deadline.at(), [this] { return running_threads_ == 0; });
    return running_threads_;
}

void Workers::run_thread() {
    ThisThread self{*this};
    this_thread_ = &self;
    set_blocking_listener(&self);
    std::unique_lock lock{mutex_};
    --starting_;
    while (!stopping_) {
        if (lead_vacant_) {
            lead_vacant_ = false;
            if (!queue_.empty()) appoint_locked();
            lock.unlock();
            lead(self);
            lock.lock();
        } else if (!queue_.empty() && running() < limits_.max_threads) {
            Work* work = queue_.front();
            queue_.pop_front();
            busy_.fetch_add(1, std::memory_order_relaxed);
            lock.unlock();
            run_chain(self, *work);
            lock.lock();
        } else if (surplus_locked()) {
            retire_locked();
            break;
        } else {
            ++idle_;
            changed_.wait(lock);
            --idle_;
        }
    }
    --running_threads_;
    ended_.notify_all();
    this_thread_ = nullptr;
}

// There are more threads than needed, since many waited and have gone on.
bool Workers::surplus_locked() const noexcept {
    return running_threads_ > limits_.max_threads + waiting_.load(std::memory_order_relaxed);
}

// The calling thread is about to end. Those that were before it need the mutex no more.
void Workers::retire_locked() {
    for (auto& thread : retired_) thread.join();
    retired_.clear();
    const auto own = std::ranges::find(threads_, std::this_thread::get_id(), &std::thread::get_id);
    retired_.push_back(std::move(*own));
    threads_.erase(own);
}

// Reads and runs until another thread has the lead.
void Workers::lead(ThisThread& self) {
    while (!stopping_.load(std::memory_order_relaxed)) {
        if (none_left()) [[unlikely]]
            give_up_queued(self);
        if (Work* work = source_.next()) {
            run_inline(self, *work);
            if (self.running == 0) return;
            self.running = 0;
        } else {
            source_.wait();
        }
    }
}

// Leaves `self.running` at 0 when the lead was lost meanwhile.
void Workers::run_inline(ThisThread& self, Work& work) {
    const std::uint64_t running = lead_.load(std::memory_order_relaxed) + 1;
    self.running = running;
    lead_.store(running);
    if (watch_sleeps_.load()) {
        const std::lock_guard lock{mutex_};
        watch_sleeps_.store(false);
        watch_changed_.notify_one();
    }
    busy_.fetch_add(1, std::memory_order_relaxed);
    run_chain(self, work);
    auto expected = running;
    if (!lead_.compare_exchange_strong(expected, running + 1)) self.running = 0;
}

// It counts as busy already.
void Workers::run_chain(ThisThread& self, Work& work) noexcept {
    work.run();
    while (!self.following.empty()) {
        Work* next = self.following.back();
        self.following.pop_back();
        next->run();
    }
    busy_.fetch_sub(1, std::memory_order_relaxed);
}

// Another thread may take its place.
void Workers::begin_wait() {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock{mutex_};
    if (queue_.empty()) return;
    appoint_locked();
    if (none_left()) source_.interrupt(); // the leader has what is queued give up
}

void Workers::end_wait() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

// The leader's. What gives up may let other work in.
void Workers::give_up_queued(ThisThread& self) {
    std::deque<Work*> queued;
    {
        const std::lock_guard lock{mutex_};
        queued.swap(queue_);
    }
    std::deque<Work*> kept;
    while (!queued.empty()) {
        Work* const work = queued.front();
        queued.pop_front();
        if (!work->give_up()) kept.push_back(work);
        queued.insert(queued.end(), self.following.begin(), self.following.end());
        self.following.clear();
    }
    const std::lock_guard lock{mutex_};
    queue_.insert(queue_.begin(), kept.begin(), kept.end());
    if (!kept.empty()) appoint_locked();
}

// What this thread would do next may be what it is about to wait for.
void Workers::hand_over(ThisThread& self) {
    if (self.running != 0) take_lead_from(self.running);
    if (self.following.empty()) return;
    const std::lock_guard lock{mutex_};
    for (Work* work : self.following) {
        queue_.push_back(work);
        appoint_locked();
    }
    self.following.clear();
}

// Takes the lead from the thread that runs the piece of `state`, if it still does.
bool Workers::take_lead_from(std::uint64_t state) {
    if (!lead_.compare_exchange_strong(state, state + 1)) return false;
    const std::lock_guard lock{mutex_};
    lead_vacant_ = true;
    appoint_locked();
    return true;
}

// There is something to do: wakes a thread for it, or makes one.
void Workers::appoint_locked() {
    if (stopping_) return;
    const std::size_t wanted = queue_.size() + (lead_vacant_ ? 1 : 0);
    const std::size_t waiting = std::min(waiting_.load(std::memory_order_relaxed), limits_.max_waiting);
    // One that reads is always allowed: those that have waited and go on may be too many for a moment.
    const bool reader_missing = lead_vacant_ && idle_ == 0 && starting_ == 0;
    if (wanted > idle_ && (reader_missing || running_threads_ < limits_.max_threads + waiting)) spawn_locked();
    else changed_.notify_one();
}

void Workers::spawn_locked() {
    try {
        threads_.push_back(start_thread("malla-worker", [this] { run_thread(); }));
    } catch (const std::system_error&) {
        if (running_threads_ == 0) throw;
        return; // the system has no more: those that are there do it
    }
    ++running_threads_;
    ++starting_;
}

// Takes the lead from a thread that runs one piece for longer than a look and the next.
void Workers::watch() {
    std::unique_lock lock{mutex_};
    std::uint64_t seen = 0;
    int quiet = 0;
    int pause = 1;
    while (!stopping_) {
        if (quiet < looks_before_sleep) {
            watch_changed_.wait_for(lock, pause * limits_.takeover_after);
        } else {
            watch_sleeps_.store(true);
            if (lead_.load() == seen) watch_changed_.wait(lock, [this] { return !watch_sleeps_ || stopping_; });
            watch_sleeps_.store(false);
            quiet = 0;
            pause = 1;
        }
        const std::uint64_t state = lead_.load();
        const bool runs = state % 2 == 1;
        quiet = state == seen && !runs ? quiet + 1 : 0;
        if (runs && state == seen) {
            pause = 1;
            lock.unlock();
            take_lead_from(state);
            lock.lock();
        } else if (state != seen) {
            pause = std::min(2 * pause, longest_watch_pause);
        }
        seen = state;
    }
}

} // namespace malla
