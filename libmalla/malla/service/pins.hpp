// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace malla {

/// Knows when the calls of one service that run now have left it, at a cost for them of a few
/// instructions none of which is locked: each thread counts its own, and whoever wants to know
/// makes all threads' counts visible by `membarrier(2)`.
///
/// After "sleepable read-copy update" (Paul E. McKenney, https://lwn.net/Articles/202847/): two
/// counts, of which new calls use one while those of the other drain.
class Pins {
public:
    Pins();
    ~Pins();
    Pins(const Pins&) = delete;
    Pins& operator=(const Pins&) = delete;

    class Pin;

    enum class Whose : std::uint8_t { all, others /**< all but those of the thread that waits */ };

    /// Waits until every call that had a pin when this was called has left, or for the deadline;
    /// whether they have. One thread at a time. Calls that come meanwhile are not waited for.
    [[nodiscard]] bool wait_for_leavers(Deadline deadline, Whose whose = Whose::all);

private:
    static constexpr std::size_t max_services = 128; ///< further ones share the last counts
    using Counts = std::array<std::atomic<std::uint32_t>, 2 * max_services>;

    /// The counts of one thread; never freed, but used again by another thread.
    struct Thread {
        Counts counts{};
        std::atomic<bool> used = true;
        Thread* next = nullptr;
    };
    struct ThreadEnd;

    static Thread& register_thread();
    static Counts& counts() {
        if (Thread* known = thread_) [[likely]]
            return known->counts;
        return register_thread().counts;
    }
    bool wait_for_none(std::uint32_t slot, Deadline deadline, const Thread* but) const;

    // Changed by waiters only.
    std::atomic<std::uint32_t> slot_; ///< where new calls count: twice the service's number, and one of two

    static std::atomic<Thread*> threads_;
    [[gnu::visibility("default"), gnu::tls_model("initial-exec")]] static thread_local constinit Thread* thread_;
};

/// Held by a call while it is inside the service. On one thread from beginning to end.
class Pins::Pin {
public:
    explicit Pin(const Pins& pins) : count_{&Pins::counts()[pins.slot_.load(std::memory_order_relaxed)]} {
        add(1);
        // The count comes before whatever the call reads; the processor's part is the waiter's barrier.
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    ~Pin() { add(static_cast<std::uint32_t>(-1)); }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

private:
    // Only this thread writes the count.
    void add(std::uint32_t amount) noexcept {
        count_->store(count_->load(std::memory_order_relaxed) + amount, std::memory_order_release);
    }

    std::atomic<std::uint32_t>* count_;
};

} // namespace malla
