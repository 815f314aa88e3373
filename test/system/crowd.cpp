// SPDX-License-Identifier: Apache-2.0
// Several nodes in one process, and how many nodes each of them sees.
//
//     crowd COUNT [OPTIONS OF A NODE]
//
// Prints `ready` when its nodes are made. Then each line of its input is a number of nodes: when each of its own sees
// exactly so many, it prints `sees NUMBER`. It ends with its input.
#include "malla/node/node.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
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

void wait_until_sees(malla::Node& node, std::size_t count) {
    std::mutex mutex;
    std::condition_variable changed;
    const auto watch = node.watch([&](const malla::MeshChange&) {
        const std::lock_guard lock{mutex};
        changed.notify_all();
    });
    std::unique_lock lock{mutex};
    if (!changed.wait_for(lock, std::chrono::minutes{1}, [&] { return node.nodes().size() == count; }))
        throw std::runtime_error{node.name() + " does not see " + std::to_string(count)};
}

} // namespace

int main(int argc, char** argv) try {
    if (argc < 2) throw std::invalid_argument{"say how many"};
    const Nodes nodes = make(std::stoul(argv[1]), malla::options(argc - 1, argv + 1));
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        for (const auto& node : nodes) wait_until_sees(*node, std::stoul(line));
        std::cout << "sees " << line << std::endl;
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << "crowd: " << error.what() << '\n';
    return 1;
}
