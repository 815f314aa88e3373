// SPDX-License-Identifier: Apache-2.0
// A node that hosts a storage, until it is told to stop.
#include "02_distributed/table.hpp"
#include "malla/chain/service.hpp"

#include <iostream>

struct Storage : malla::Service<StorageApi> {
    static constexpr malla::Version version{1, 0, 0};
    using Plugins = malla::Plugins<Table>;
};

int main(int argc, char** argv) try {
    malla::Node node{malla::options(argc, argv)};
    node.start<Storage>();
    return node.run();
} catch (const malla::Error& error) {
    std::cerr << "storage: " << error.what() << '\n';
    return static_cast<int>(error.status().exit_code());
}
