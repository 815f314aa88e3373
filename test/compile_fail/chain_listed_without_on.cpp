// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a plugin lists a callback and has no `on` for it
// EXPECT: Forgetful
// EXPECT: Compute
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

struct Forgetful : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
#ifdef FIXED
    int on(Compute, int x, double) { return x; }
#endif
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Forgetful>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
