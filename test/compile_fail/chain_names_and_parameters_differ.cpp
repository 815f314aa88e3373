// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: the text of a callback names another number of parameters
#include "malla/chain/callback.hpp"

#ifdef FIXED
struct Compute : malla::Callback<"compute(x, y)", int(int, int)> {};
#else
struct Compute : malla::Callback<"compute(x)", int(int, int)> {};
#endif

int main() { return static_cast<int>(Compute::name().size()); }
