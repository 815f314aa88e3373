// SPDX-License-Identifier: Apache-2.0
// What a calculator is made of.
#pragma once

#include "01_getting_started/api.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/plugin.hpp"

#include <algorithm>
#include <iostream>

/// Answers additions, and leaves the rest to the plugins below.
struct Addition : malla::Plugin {
    using Callbacks = malla::Callbacks<Calculate>;

    malla::Flow<Calculate> on(Calculate, Op op, double a, double b) {
        if (op != Op::add) return malla::cont;
        return a + b;
    }
};

/// Answers multiplications, and leaves the rest to the plugins below.
struct Multiplication : malla::Plugin {
    using Callbacks = malla::Callbacks<Calculate>;

    malla::Flow<Calculate> on(Calculate, Op op, double a, double b) {
        if (op != Op::multiply) return malla::cont;
        return a * b;
    }
};

/// Prints what reaches it. It sees every calculation, since those who answer are below it.
struct Trace : malla::Plugin {
    using Depends = malla::Depends<Addition, Multiplication>;
    using Callbacks = malla::Callbacks<Calculate>;

    malla::Cont on(Calculate, Op op, double a, double b) {
        std::cout << "     (Trace: " << a << (op == Op::add ? " + " : " * ") << b << ")\n";
        return malla::cont;
    }
};

/// Changes the arguments for those below: negative numbers become 0.
struct Floor : malla::Plugin {
    using Callbacks = malla::Callbacks<Calculate>;

    malla::Flow<Calculate> on(Calculate, Op op, double a, double b) {
        return malla::cont_with(op, std::max(a, 0.0), std::max(b, 0.0));
    }
};
