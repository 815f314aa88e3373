// SPDX-License-Identifier: Apache-2.0
// The service and the plugins that it is made of.
#pragma once

#include "calculator/calculator_api.hpp"
#include "malla/base/log.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/service.hpp"

#include <string>

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

/// Writes down every calculation, whoever answers it.
struct Logging : malla::Plugin {
    using Depends = malla::Depends<Addition, Multiplication>;
    using Callbacks = malla::Callbacks<Calculate>;

    malla::Cont on(Calculate, Op op, double a, double b) {
        const std::string sign = op == Op::add ? " + " : " * ";
        malla::log(malla::LogLevel::info, std::to_string(a) + sign + std::to_string(b));
        return malla::cont;
    }
};

/// The chain: Calculator, Logging, Addition, Multiplication, Base.
struct Calculator : malla::Service<CalculatorApi> {
    static constexpr malla::Version version{1, 0, 0};
    using Plugins = malla::Plugins<Logging>;

    double on(Square, double x) { return x * x; }
};
