// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/node.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace malla::test {

/// Options of a node that looks for nobody.
inline NodeOptions alone(std::string name = {}) {
    NodeOptions options;
    options.name = std::move(name);
    options.loopback.clear();
    options.drain_limit = std::chrono::seconds{5};
    return options;
}

/// Options of a node that meets that one.
inline NodeOptions joined_to(const Node& other, std::string name = {}) {
    NodeOptions options = alone(std::move(name));
    options.peers = {other.endpoint()};
    return options;
}

} // namespace malla::test
