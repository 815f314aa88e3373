// SPDX-License-Identifier: Apache-2.0
// A program that serves the Calculator until it is told to stop.
#include "calculator/calculator.hpp"
#include "malla/node/node.hpp"

#include <iostream>

int main(int argc, char** argv) try {
    malla::Node node{malla::options(argc, argv)};
    node.start<Calculator>();
    return node.run();
} catch (const malla::Error& error) {
    std::cerr << "calculator: " << error.what() << '\n';
    return static_cast<int>(error.status().exit_code());
}
