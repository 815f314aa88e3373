// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/descriptor.hpp"

#include <atomic>

namespace malla {

/// Happens once, and can be waited for by `poll`. Any thread.
class Once {
public:
    Once();

    /// Whether the system gave what it needs; if not, `poll` never sees it.
    [[nodiscard]] bool is_open() const noexcept { return descriptor_.is_open(); }
    /// Readable from when it has happened.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }
    [[nodiscard]] bool happened() const noexcept { return happened_.load(std::memory_order_acquire); }
    void happen() noexcept;

private:
    Descriptor descriptor_;
    std::atomic<bool> happened_ = false;
};

} // namespace malla
