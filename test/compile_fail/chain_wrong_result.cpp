// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: an `on` has not the result of its callback
// EXPECT: Talks
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

struct Talks : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
#ifdef FIXED
    int on(Compute, int x, double) { return x; }
#else
    const char* on(Compute, int, double) { return "one"; }
#endif
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Talks>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
