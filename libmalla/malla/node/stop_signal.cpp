// SPDX-License-Identifier: Apache-2.0
#include "malla/node/stop_signal.hpp"

#include "malla/base/deadline.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <tuple>

namespace malla {

using namespace std::chrono_literals;

namespace {

constexpr Clock::duration same_wish = 500ms; ///< by programs that pass a signal on, and shells beside them

std::atomic<int> write_fd = -1;
std::atomic<Clock::rep> first_at = 0; ///< none
static_assert(std::atomic<Clock::rep>::is_always_lock_free);

// Each function that they call may be called from a handler.

[[noreturn]] void end_by(int number) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    std::signal(number, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    ::raise(number);
    ::_exit(128 + number); // as a shell calls it: the first process of a container does not end by a signal of its own
}

void on_signal(int number) {
    const int saved = errno;
    const Clock::rep now = Clock::now().time_since_epoch().count();
    Clock::rep first = 0;
    if (first_at.compare_exchange_strong(first, now)) {
        const auto byte = static_cast<unsigned char>(number);
        std::ignore = ::write(write_fd.load(), &byte, 1); // into an empty pipe
    } else if ((number != SIGHUP || write_fd.load() < 0) && Clock::duration{now - first} >= same_wish) {
        end_by(number);
    }
    errno = saved;
}

} // namespace

StopSignal::StopSignal() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error{errno, std::system_category(), "pipe2"};
    assert(write_fd < 0);
    read_fd_ = ends[0];
    write_fd = ends[1];
    first_at = 0;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    before_.reserve(3);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        struct sigaction before {};
        ::sigaction(number, nullptr, &before);
        if (before.sa_handler == on_signal) before.sa_handler = SIG_DFL; // one that a StopSignal has left
        if (number == SIGHUP && before.sa_handler != SIG_DFL) continue;  // nohup, or a handler, has its way
        before_.emplace_back(number, before);
        ::sigaction(number, &action, nullptr);
    }
}

StopSignal::~StopSignal() {
    // While the program ends, the same wish may come once more.
    for (const auto& [number, before] : before_)
        if (first_at.load() == 0 || before.sa_handler != SIG_DFL) ::sigaction(number, &before, nullptr);
    ::close(read_fd_);
    ::close(write_fd.exchange(-1));
}

void StopSignal::wait(const Once& other) const {
    std::array<pollfd, 2> all{{{read_fd_, POLLIN, 0}, {other.descriptor(), POLLIN, 0}}};
    while (::poll(all.data(), all.size(), -1) < 0 && errno == EINTR) {
    }
}

} // namespace malla
