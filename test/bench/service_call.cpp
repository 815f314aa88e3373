// SPDX-License-Identifier: Apache-2.0
// What a local service call costs beyond the chain call inside it, for service_call.py to count.
//
//   bench_service_call chain|serial|concurrent CALLS
#include "malla/service/live_service.hpp"

#include <cstdlib>
#include <cstring>

namespace {

struct Double : malla::Callback<"double(x)", double(double)> {};
struct DoublesApi : malla::Api<"Doubles", Double> {};

struct Serial : malla::Service<DoublesApi> {
    double on(Double, double x) { return 2 * x; }
};
struct Concurrent : malla::Service<DoublesApi> {
    static constexpr bool concurrent = true;
    double on(Double, double x) { return 2 * x; }
};

volatile double input = 3;
volatile double output = 0;

template <class Callee>
[[gnu::noinline]] void call_chain(Callee& callee, int calls) {
    for (int i = 0; i < calls; ++i) output = *callee.template call<Double>(double{input});
}

template <class Callee>
[[gnu::noinline]] void call_service(Callee& callee, int calls) {
    for (int i = 0; i < calls; ++i) output = *callee.template try_call<Double>(double{input});
}

template <class S>
void start_and_call(int calls) {
    malla::LiveService<S> service;
    if (!service.control().start({})) std::abort();
    call_service(service, calls);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const int calls = std::atoi(argv[2]);
    if (std::strcmp(argv[1], "chain") == 0) {
        malla::Chain<Serial> chain;
        call_chain(chain, calls);
    } else if (std::strcmp(argv[1], "serial") == 0) {
        start_and_call<Serial>(calls);
    } else {
        start_and_call<Concurrent>(calls);
    }
}
