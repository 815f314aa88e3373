// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/discovery/shared_directory.hpp"
#include "malla/node/watch.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace malla {

/// The thread of a watch.
class Watch::Loop {
public:
    struct Look {
        std::vector<NodeView> nodes;
        std::vector<InstanceView> instances;
    };

    /// Looks now and after each change of `directory`.
    Loop(const discovery::SharedDirectory& directory, std::function<Look()> look, ChangeHandler handler);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

private:
    struct Work;

    const discovery::SharedDirectory& directory_;
    std::shared_ptr<Work> work_; // its thread may end this loop, and goes on with it until it returns
    std::thread thread_;
};

} // namespace malla
