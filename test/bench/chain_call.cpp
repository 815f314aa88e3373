// SPDX-License-Identifier: Apache-2.0
// The chains that chain_call.py compares with chain_call_by_hand.cpp, link for link.
#include "chain_call.hpp"

#include "malla/chain/chain.hpp"

namespace {

struct Compute : malla::Callback<"compute(op, a, b)", double(int, double, double)> {
    static double default_answer() { return 1; }
};
struct ComputeApi : malla::Api<"Compute", Compute> {};

struct Observes : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    malla::Cont on(Compute, int, double a, double) {
        seen += a;
        return malla::cont;
    }
    double seen = 0;
};
struct Continues : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    malla::Flow<Compute> on(Compute, int op, double a, double b) {
        if (op == 1) return a - b;
        return malla::cont;
    }
};
struct Refuses : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    malla::Flow<Compute> on(Compute, int op, double, double) {
        if (op == 2) return malla::Status{"forbidden"};
        return malla::cont;
    }
};
struct Changes : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    malla::Flow<Compute> on(Compute, int op, double a, double b) { return malla::cont_with(op, a * factor, b); }
    double factor = 3;
};
struct Wraps : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    malla::Result<double> on(Compute, malla::Next<Compute> next, int op, double a, double b) {
        ++calls;
        auto below = next(op, a, b);
        if (below) *below += 1;
        return below;
    }
    int calls = 0;
};
struct Answers : malla::Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    double on(Compute, int, double a, double b) { return a + b; }
};

template <class... P>
struct With : malla::Service<ComputeApi> {
    using Plugins = malla::Plugins<P...>;
};

template <class S>
[[gnu::noinline]] void call_chain(malla::Chain<S>& chain, int calls) {
    for (int i = 0; i < calls; ++i) keep(chain.template call<Compute>(int{op}, double{left}, double{right}));
}

template <class... P>
void run(int calls) {
    static malla::Chain<With<P...>> chain;
    call_chain(chain, calls);
}

} // namespace

void run_chain(int links, int calls) {
    if (links == 0) run<>(calls);
    else if (links == 3) run<Continues, Changes, Answers>(calls);
    else run<Observes, Continues, Wraps, Changes, Refuses, Answers>(calls);
}
