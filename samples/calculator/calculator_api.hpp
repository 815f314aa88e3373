// SPDX-License-Identifier: Apache-2.0
// The contract: what the service, its plugins and its callers share. Nothing to link.
#pragma once

#include "malla/chain/api.hpp"

#include <array>
#include <string_view>
#include <utility>

enum class Op { add, multiply };

constexpr auto enum_names(Op) {
    return std::array<std::pair<Op, std::string_view>, 2>{{{Op::add, "add"}, {Op::multiply, "multiply"}}};
}

/// The result of `op` on `a` and `b`.
struct Calculate : malla::Callback<"calculate(op, a, b)", double(Op, double, double)> {
    static constexpr bool idempotent = true;
};

/// `x` times itself.
struct Square : malla::Callback<"square(x)", double(double)> {
    static constexpr bool idempotent = true;
};

struct CalculatorApi : malla::Api<"Calculator", Calculate, Square> {};
