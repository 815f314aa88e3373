// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

// Read anew for each call, so that nothing of it is known to the compiler.
inline volatile int op = 5;
inline volatile double left = 3;
inline volatile double right = 4;
inline volatile double output = 0;

/// What a caller does with the result, the same in both.
[[gnu::always_inline]] inline void keep(malla::Result<double>&& result) {
    if (result) output = *result;
}

/// `links` is 0, 3 or 6.
void run_chain(int links, int calls);
void run_by_hand(int links, int calls);
