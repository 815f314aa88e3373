// SPDX-License-Identifier: Apache-2.0
#include "malla/chain/chain.hpp"
#include "malla/chain/api.hpp"
#include "malla/chain/service.hpp"

namespace {

struct Twice : malla::Callback<"twice(x)", int(int)> {};
struct TwiceApi : malla::Api<"Twice", Twice> {};

struct Service : malla::Service<TwiceApi> {
    int on(Twice, int x) { return 2 * x; }
};

} // namespace

int main() {
    malla::Chain<Service> chain;
    const auto result = chain.call<Twice>(2);
    return result && *result == 4 ? 0 : 1;
}
