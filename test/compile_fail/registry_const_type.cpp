// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: an object is published and looked up by its plain type: write T, not const T or T&
#include "malla/service/registry.hpp"

struct Board {};
#ifdef FIXED
using Wanted = Board;
#else
using Wanted = const Board;
#endif

int main() {
    malla::Registry registry;
    return registry.lookup<Wanted>("board") == nullptr ? 0 : 1;
}
