// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: an Api lists a type that is no callback
#include "malla/chain/api.hpp"

struct Compute
#ifdef FIXED
    : malla::Callback<"compute(x)", int(int)>
#endif
{
};
struct TestApi : malla::Api<"Test", Compute> {};

int main() { return static_cast<int>(TestApi::name().size()); }
