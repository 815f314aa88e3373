// SPDX-License-Identifier: Apache-2.0
// What a local service call costs beyond the chain call inside it, for service_call.py to count.
//
//   bench_service_call chain|live_chain|test|pin CALLS
//   bench_service_call serial|concurrent as_compiled|changed|changed_back CALLS
#include "malla/service/live_service.hpp"

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

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
/// Takes part in nothing: the chain is another one, and does the same.
struct Bystander : malla::Plugin {};

volatile double input = 3;
volatile double output = 0;

template <class Callee>
[[gnu::noinline]] void call_chain(Callee& callee, int calls) {
    for (int i = 0; i < calls; ++i) output = *callee.template call<Double>(double{input});
}

[[gnu::noinline]] void call_live_chain(const malla::LiveChain& callee, int calls) {
    for (int i = 0; i < calls; ++i) output = *callee.call<Double>(std::size_t{0}, double{input});
}

template <class Callee>
[[gnu::noinline]] void call_service(Callee& callee, int calls) {
    for (int i = 0; i < calls; ++i) output = *callee.template try_call<Double>(double{input});
}

/// The question that a service that can change asks first.
[[gnu::noinline]] void call_tested_chain(const malla::ServiceCore& core, malla::Chain<Serial>& chain, int calls) {
    for (int i = 0; i < calls; ++i) {
        if (!core.open_unchanged()) [[unlikely]]
            std::abort();
        output = *chain.call<Double>(double{input});
    }
}

/// What keeps its plugins loaded meanwhile.
[[gnu::noinline]] void call_pinned_chain(const malla::Pins& pins, malla::Chain<Serial>& chain, int calls) {
    for (int i = 0; i < calls; ++i) {
        const malla::Pins::Pin pin{pins};
        output = *chain.call<Double>(double{input});
    }
}

void make_live_chain_and_call(int calls) {
    Serial service;
    const std::array<malla::LiveChain::Member, 1> members{{{&malla::plugin_info<Serial>, &service}}};
    const std::array<malla::LiveCallback, 1> known{malla::live_callback<Double>};
    const auto chain = malla::LiveChain::make(members, known);
    if (!chain) std::abort();
    call_live_chain(*chain, calls);
}

void call_parts(bool pinned, int calls) {
    malla::LiveService<Serial> service;
    malla::Chain<Serial> chain;
    if (!service.control().start({})) std::abort();
    if (pinned) call_pinned_chain(service.pins(), chain, calls);
    else call_tested_chain(service, chain, calls);
}

template <class S>
void start_and_call(std::string_view change, int calls) {
    malla::LiveService<S> service;
    malla::ServiceHost host;
    host.offers = [] { return std::vector<malla::OfferedPlugin>{{&malla::plugin_type<Bystander>, nullptr}}; };
    if (!service.control().start(std::move(host))) std::abort();
    if (change != "as_compiled" && !service.control().add_plugin("Bystander")) std::abort();
    if (change == "changed_back" && !service.control().remove_plugin("Bystander")) std::abort();
    call_service(service, calls);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const std::string_view what = argv[1];
    const int calls = std::atoi(argv[argc - 1]);
    if (what == "chain") {
        malla::Chain<Serial> chain;
        call_chain(chain, calls);
    } else if (what == "live_chain") {
        make_live_chain_and_call(calls);
    } else if (what == "test" || what == "pin") {
        call_parts(what == "pin", calls);
    } else if (what == "serial") {
        start_and_call<Serial>(argv[2], calls);
    } else {
        start_and_call<Concurrent>(argv[2], calls);
    }
}
