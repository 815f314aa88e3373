// SPDX-License-Identifier: Apache-2.0
// A program that serves the Echo service until it is told to stop.
#include "echo/echo.hpp"
#include "malla/node/node.hpp"

#include <iostream>

int main(int argc, char** argv) try {
    malla::Node node{malla::options(argc, argv)};
    node.start<Echo>();
    return node.run();
} catch (const malla::Error& error) {
    std::cerr << "echo: " << error.what() << '\n';
    return static_cast<int>(error.status().exit_code());
}
