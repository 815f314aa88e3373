// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a plugin has an `on` for a callback that it does not list
// EXPECT: Secretive
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

struct Secretive : malla::Plugin {
#ifdef FIXED
    using Callbacks = malla::Callbacks<Compute>;
#endif
    int on(Compute, int x, double) { return x; }
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Secretive>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
