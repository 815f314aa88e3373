// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: the text of a callback reads "name(first, second)"
#include "malla/chain/chain.hpp"

#ifdef FIXED
struct Compute : malla::Callback<"compute(x)", int(int)> {};
#else
struct Compute : malla::Callback<"2compute(x)", int(int)> {};
#endif
struct TestApi : malla::Api<"Test", Compute> {};
struct Test : malla::Service<TestApi> {
    int on(Compute, int x) { return x; }
};

int main() { return *malla::Chain<Test>{}.call<Compute>(1); }
