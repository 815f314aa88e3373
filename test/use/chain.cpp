// SPDX-License-Identifier: Apache-2.0
#include "malla/chain/api.hpp"
#include "malla/chain/service.hpp"

namespace {

struct Double : malla::Callback<"double(x)", int(int)> {};
struct DoublerApi : malla::Api<"Doubler", Double> {};

struct Doubler : malla::Service<DoublerApi> {
    int on(Double, int x) { return 2 * x; }
};

} // namespace

int main() {
    Doubler doubler;
    return doubler.on(Double{}, 2) == 4 && DoublerApi::name() == "Doubler" ? 0 : 1;
}
