// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla:
// EXPECT: name
// EXPECT: Compute
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

#ifdef FIXED
struct Other : malla::Callback<"other(x)", int(int)> {};
#else
struct Other : malla::Callback<"compute(x)", int(int)> {};
#endif
struct Both : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute, Other>;
    int on(Compute, int x, double) { return x; }
    int on(Other, int x) { return x; }
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Both>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
