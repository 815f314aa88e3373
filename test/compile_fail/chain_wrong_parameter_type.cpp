// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: an `on` has not the parameters of its callback
// EXPECT: Rounds
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

struct Rounds : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
#ifdef FIXED
    int on(Compute, int x, double) { return x; }
#else
    int on(Compute, int x, int) { return x; }
#endif
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Rounds>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
