// SPDX-License-Identifier: Apache-2.0
// What can be asked: shared by services, plugins and callers, whoever answers.
#pragma once

#include "malla/chain/api.hpp"

#include <array>
#include <string_view>
#include <utility>

enum class Op { add, multiply };

/// The words by which JSON and the shell know them.
constexpr auto enum_names(Op) {
    return std::array<std::pair<Op, std::string_view>, 2>{{{Op::add, "add"}, {Op::multiply, "multiply"}}};
}

/// The result of `op` on `a` and `b`.
struct Calculate : malla::Callback<"calculate(op, a, b)", double(Op, double, double)> {
    static constexpr bool idempotent = true;
};

struct CalculatorApi : malla::Api<"Calculator", Calculate> {};
