// SPDX-License-Identifier: Apache-2.0
#include "malla/service/pins.hpp"

#include "malla/base/error.hpp"

#include <algorithm>
#include <bitset>
#include <chrono>
#include <mutex>
#include <thread>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace malla {

namespace {

using namespace std::chrono_literals;

std::mutex numbers_mutex;

std::bitset<128>& numbers() {
    static std::bitset<128> taken;
    return taken;
}

long membarrier(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0); }

/// Afterwards every thread of the process has passed a full barrier.
void barrier_everywhere() {
    static const long registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    if (registered == 0 && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return;
    if (membarrier(MEMBARRIER_CMD_GLOBAL) == 0) return; // slower, and there since Linux 4.3
    throw Error{Status{"not_allowed"}.set_info(
        "this system refuses membarrier(2), without which plugins cannot be changed safely")};
}

} // namespace

constinit std::atomic<Pins::Thread*> Pins::threads_ = nullptr;
thread_local constinit Pins::Thread* Pins::thread_ = nullptr;

/// Gives a thread's counts, all of them 0 by then, to the next one.
struct Pins::ThreadEnd {
    ~ThreadEnd() {
        thread->used.store(false, std::memory_order_release);
        thread_ = nullptr;
    }
    Thread* thread;
};

Pins::Thread& Pins::register_thread() {
    Thread* mine = threads_.load(std::memory_order_acquire);
    for (; mine; mine = mine->next)
        if (bool used = false; mine->used.compare_exchange_strong(used, true, std::memory_order_acquire)) break;
    if (!mine) {
        mine = new Thread; // reachable from `threads_` for ever
        mine->next = threads_.load(std::memory_order_relaxed);
        while (!threads_.compare_exchange_weak(mine->next, mine, std::memory_order_release)) {
        }
    }
    static thread_local ThreadEnd end{mine};
    end.thread = mine;
    thread_ = mine;
    return *mine;
}

Pins::Pins() {
    const std::lock_guard lock{numbers_mutex};
    std::uint32_t number = 0;
    while (number + 1 < max_services && numbers()[number]) ++number;
    numbers().set(number);
    slot_.store(2 * number, std::memory_order_relaxed);
}

Pins::~Pins() {
    const std::uint32_t number = slot_.load(std::memory_order_relaxed) / 2;
    if (number + 1 == max_services) return; // shared
    const std::lock_guard lock{numbers_mutex};
    numbers().reset(number);
}

bool Pins::wait_for_leavers(Deadline deadline, Whose whose) {
    const Thread* but = whose == Whose::others ? thread_ : nullptr;
    barrier_everywhere();
    const std::uint32_t slot = slot_.load(std::memory_order_relaxed);
    // Those that read the slot before the last change, and counted after it.
    if (!wait_for_none(slot ^ 1U, deadline, but)) return false;
    slot_.store(slot ^ 1U, std::memory_order_relaxed);
    barrier_everywhere();
    return wait_for_none(slot, deadline, but);
}

// Nobody tells when a count becomes 0: that would cost every call.
bool Pins::wait_for_none(std::uint32_t slot, Deadline deadline, const Thread* but) const {
    constexpr Clock::duration longest_pause = 10ms;
    Clock::duration pause = 20us;
    for (const Thread* thread = threads_.load(std::memory_order_acquire); thread; thread = thread->next) {
        if (thread == but) continue;
        while (thread->counts[slot].load(std::memory_order_acquire) != 0) {
            if (deadline.passed(Clock::now())) return false;
            std::this_thread::sleep_for(std::min(pause, deadline.left(Clock::now())));
            pause = std::min(longest_pause, 2 * pause);
        }
    }
    return true;
}

} // namespace malla
