// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"

#include <string>

namespace malla {

/// What one node gave in a call to all.
template <class T>
struct NodeResult {
    NodeId node;
    std::string node_name;
    Result<T> result;
};

} // namespace malla
