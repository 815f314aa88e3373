// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: another plugin may have another type of this name: write a type with a name of its own
#include "malla/service/registry.hpp"

#ifndef FIXED
namespace {
#endif
struct Board {};
#ifndef FIXED
} // namespace
#endif

int main() {
    malla::Registry registry;
    return registry.lookup<Board>("board") == nullptr ? 0 : 1;
}
