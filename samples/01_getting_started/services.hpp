// SPDX-License-Identifier: Apache-2.0
// Three services with one API.
#pragma once

#include "01_getting_started/plugins.hpp"
#include "malla/chain/service.hpp"

/// Does everything itself.
struct Simple : malla::Service<CalculatorApi> {
    static constexpr bool silent = true; // not logged: the program prints what happens

    double on(Calculate, Op op, double a, double b) { return op == Op::add ? a + b : a * b; }
};

/// Leaves everything to plugins.
struct Composed : malla::Service<CalculatorApi> {
    static constexpr bool silent = true;
    using Plugins = malla::Plugins<Addition, Multiplication>;
};

/// Lists one plugin; those that it depends on come by themselves.
struct Traced : malla::Service<CalculatorApi> {
    static constexpr bool silent = true;
    using Plugins = malla::Plugins<Trace>;
};
