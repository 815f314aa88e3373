// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/wake.hpp"

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace malla::transport {

Wake::Wake() : fd_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
    if (fd_ == -1) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

Wake::~Wake() { ::close(fd_); }

void Wake::wake() noexcept {
    const int before = errno; // may run in a signal handler
    const std::uint64_t one = 1;
    while (::write(fd_, &one, sizeof one) == -1 && errno == EINTR) {
    }
    errno = before;
}

void Wake::drain() noexcept {
    std::uint64_t count = 0;
    while (::read(fd_, &count, sizeof count) == -1 && errno == EINTR) {
    }
}

} // namespace malla::transport
