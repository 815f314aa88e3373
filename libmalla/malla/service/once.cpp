// SPDX-License-Identifier: Apache-2.0
#include "malla/service/once.hpp"

#include <sys/eventfd.h>

namespace malla {

Once::Once() : descriptor_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {}

void Once::happen() noexcept {
    happened_.store(true, std::memory_order_release);
    // Fails only when it has happened so often that the count is full.
    [[maybe_unused]] const int result = ::eventfd_write(descriptor_.get(), 1);
}

} // namespace malla
