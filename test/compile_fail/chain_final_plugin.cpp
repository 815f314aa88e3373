// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a plugin cannot be final
// EXPECT: Last
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

#ifdef FIXED
#define FINAL
#else
#define FINAL final
#endif
struct Last FINAL : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    int on(Compute, int x, double) { return x; }
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Last>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
