// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a callback has at most 8 parameters
#include "malla/chain/callback.hpp"

#ifdef FIXED
struct Many : malla::Callback<"many(a, b)", int(int, int)> {};
#else
struct Many : malla::Callback<"many(a, b, c, d, e, f, g, h, i)", int(int, int, int, int, int, int, int, int, int)> {};
#endif

int main() { return static_cast<int>(Many::name().size()); }
