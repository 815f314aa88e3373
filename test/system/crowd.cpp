// SPDX-License-Identifier: Apache-2.0
// Several nodes in one process, and how many nodes each of them sees.
//
//     crowd COUNT [OPTIONS OF A NODE]
//
// Prints `ready` when its nodes are made. Then each line of its input is a number of nodes: when each of its own sees
// exactly so many, it prints `sees NUMBER`. It ends with its input.
#include "malla/node/node.hpp"

#include <chrono>
#include <cstddef>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Nodes = std::vector<std::unique_ptr<malla::Node>>;

Nodes make(std::size_t count, const malla::NodeOptions& options) {
    Nodes nodes;
    for (std::size_t i = 0; i < count; ++i) {
        auto own = options;
        own.name += '-' + std::to_string(i);
        nodes.push_back(std::make_unique<malla::Node>(std::move(own)));
    }
    return nodes;
}

void wait_until_each_sees(const Nodes& nodes, std::size_t count) {
    for (const auto& node : nodes)
        while (node->nodes().size() != count) std::this_thread::sleep_for(std::chrono::milliseconds{20});
}

} // namespace

int main(int argc, char** argv) try {
    if (argc < 2) throw std::invalid_argument{"say how many"};
    const Nodes nodes = make(std::stoul(argv[1]), malla::options(argc - 1, argv + 1));
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        wait_until_each_sees(nodes, std::stoul(line));
        std::cout << "sees " << line << std::endl;
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << "crowd: " << error.what() << '\n';
    return 1;
}
