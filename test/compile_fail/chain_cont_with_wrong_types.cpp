// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: the arguments of cont_with are not those of the callback
#include "malla/chain/chain.hpp"

struct Compute : malla::Callback<"compute(x, y)", int(int, double)> {};
struct TestApi : malla::Api<"Test", Compute> {};

struct Changes : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    malla::Flow<Compute> on(Compute, int x, double y) {
#ifdef FIXED
        return malla::cont_with(x, y);
#else
        return (void)y, malla::cont_with(x);
#endif
    }
};

struct Test : malla::Service<TestApi> {
    using Plugins = malla::Plugins<Changes>;
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1, 2); }
