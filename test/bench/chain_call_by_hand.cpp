// SPDX-License-Identifier: Apache-2.0
// What the chains of chain_call.cpp do, written by hand. Of malla it has the result type alone.
#include "chain_call.hpp"

namespace {

using Result = malla::Result<double>;

struct Nothing {};
struct ThreeLinks {
    double factor = 3;
};
struct SixLinks {
    double seen = 0;
    int calls = 0;
    double factor = 3;
};

Result compute(Nothing&, int, double, double) { return 1.0; }

Result compute(ThreeLinks& links, int operation, double a, double b) {
    if (operation == 1) return a - b;
    a *= links.factor;
    return a + b;
}

Result compute_below(SixLinks& links, int operation, double a, double b) {
    a *= links.factor;
    if (operation == 2) return malla::Status{"forbidden"};
    return a + b;
}

Result compute(SixLinks& links, int operation, double a, double b) {
    links.seen += a;
    if (operation == 1) return a - b;
    ++links.calls;
    Result below = compute_below(links, operation, a, b);
    if (below) *below += 1;
    return below;
}

template <class Links>
[[gnu::noinline]] void call_by_hand(Links& links, int calls) {
    for (int i = 0; i < calls; ++i) keep(compute(links, int{op}, double{left}, double{right}));
}

template <class Links>
void run(int calls) {
    static Links links;
    call_by_hand(links, calls);
}

} // namespace

void run_by_hand(int links, int calls) {
    if (links == 0) run<Nothing>(calls);
    else if (links == 3) run<ThreeLinks>(calls);
    else run<SixLinks>(calls);
}
