// SPDX-License-Identifier: Apache-2.0
// Calls the Calculator by its contract, wherever it runs.
#include "calculator/calculator_api.hpp"
#include "malla/node/remote.hpp"

#include <iostream>

using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    malla::Node node{malla::options(argc, argv)};
    malla::Remote<CalculatorApi> calculator{node};
    std::cout << calculator.call<Calculate>(Op::add, 2, 3) << '\n';
    const auto result = calculator.try_call<Square>(malla::within(2s), 12);
    if (result) std::cout << *result << '\n';
    else std::cerr << result.error().text() << '\n';
} catch (const malla::Error& error) {
    std::cerr << "caller: " << error.what() << '\n';
    return static_cast<int>(error.status().exit_code());
}
