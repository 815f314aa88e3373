// SPDX-License-Identifier: Apache-2.0
#include "malla/service/hook_runner.hpp"

#include "malla/base/thread.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace malla {

struct HookRunner::Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::function<void()> hook; ///< to be run, or being run
    bool running = false;
    bool ending = false;

    void work() {
        std::unique_lock lock{mutex};
        while (true) {
            changed.wait(lock, [this] { return running || ending; });
            if (ending) return;
            lock.unlock();
            hook();
            lock.lock();
            hook = nullptr;
            running = false;
            changed.notify_all();
        }
    }
};

HookRunner::~HookRunner() {
    if (!shared_) return;
    {
        const std::lock_guard lock{shared_->mutex};
        shared_->ending = true;
        shared_->changed.notify_all();
    }
    thread_.join();
}

bool HookRunner::run(std::function<void()> hook, Deadline deadline) {
    if (!shared_) {
        shared_ = std::make_shared<Shared>();
        thread_ = start_thread("malla-hooks", [shared = shared_] { shared->work(); });
    }
    std::unique_lock lock{shared_->mutex};
    shared_->hook = std::move(hook);
    shared_->running = true;
    shared_->changed.notify_all();
    if (shared_->changed.wait_until(lock, deadline.at(), [this] { return !shared_->running; })) return true;
    shared_->ending = true; // as soon as the hook returns
    lock.unlock();
    thread_.detach();
    shared_.reset();
    return false;
}

} // namespace malla
