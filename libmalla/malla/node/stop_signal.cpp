// SPDX-License-Identifier: Apache-2.0
#include "malla/node/stop_signal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <system_error>

namespace malla {

namespace {

std::atomic<int> write_fd = -1;

void on_signal(int number) {
    const int saved = errno;
    const auto byte = static_cast<unsigned char>(number);
    // The pipe is empty but for signals, and a byte more says nothing new.
    if (::write(write_fd.load(), &byte, 1) < 0) errno = saved;
    errno = saved;
}

} // namespace

StopSignal::StopSignal() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error{errno, std::system_category(), "pipe2"};
    assert(write_fd < 0);
    read_fd_ = ends[0];
    write_fd = ends[1];
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    before_.reserve(3);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        struct sigaction before {};
        ::sigaction(number, nullptr, &before);
        if (number == SIGHUP && before.sa_handler != SIG_DFL) continue; // nohup, or a handler, has its way
        before_.emplace_back(number, before);
        ::sigaction(number, &action, nullptr);
    }
}

StopSignal::~StopSignal() {
    for (const auto& [number, before] : before_) ::sigaction(number, &before, nullptr);
    ::close(read_fd_);
    ::close(write_fd.exchange(-1));
}

void StopSignal::let_go() noexcept {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (const int number : {SIGTERM, SIGINT}) ::sigaction(number, &usual, nullptr);
}

bool StopSignal::wait(const Once& other) const {
    std::array<pollfd, 2> all{{{read_fd_, POLLIN, 0}, {other.descriptor(), POLLIN, 0}}};
    while (::poll(all.data(), all.size(), -1) < 0 && errno == EINTR) {
    }
    return all[0].revents != 0;
}

} // namespace malla
