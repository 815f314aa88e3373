// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a plugin list names a type that is no plugin
// EXPECT: Stranger
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

struct Stranger
#ifdef FIXED
    : malla::Plugin
#endif
{
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Stranger>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
