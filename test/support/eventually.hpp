// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <thread>
#include <utility>

namespace malla::test {

/// Whether `condition` becomes true within `limit`; looks every millisecond.
template <class Condition>
[[nodiscard]] bool eventually(Condition&& condition,
                              std::chrono::steady_clock::duration limit = std::chrono::seconds{10}) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

} // namespace malla::test
