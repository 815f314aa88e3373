// SPDX-License-Identifier: Apache-2.0
#include "malla/base/thread.hpp"

#include <csignal>
#include <utility>

#include <pthread.h>

namespace malla {

namespace {

/// Blocks all signals for the calling thread, and so for the threads it starts.
class SignalsBlocked {
public:
    SignalsBlocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_;
};

} // namespace

std::thread start_thread(const std::string& name, std::function<void()> body) {
    const SignalsBlocked blocked;
    std::thread thread{std::move(body)};
    pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
    return thread;
}

} // namespace malla
