// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: these plugins depend on each other in a circle
// EXPECT: Hen
// EXPECT: Egg
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

struct Egg;
struct Hen : malla::Plugin {
    using Depends = malla::Depends<Egg>;
};
struct Egg : malla::Plugin {
#ifndef FIXED
    using Depends = malla::Depends<Hen>;
#endif
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Hen>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
