// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/top_model.hpp"
#include "malla/node/node.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace malla::cli {

/// Looks at the mesh again and again on a thread of its own, and does there what else takes time.
class TopLooker {
public:
    /// On its thread.
    using OnLook = std::function<void(TopLook&&)>;
    using Job = std::function<void(Node&)>;

    /// The first look is at once.
    TopLooker(Node& node, Clock::duration every, Clock::duration timeout, OnLook on_look)
        : node_{node}, every_{every}, timeout_{timeout}, on_look_{std::move(on_look)},
          thread_{[this](const std::stop_token& stop) { run(stop); }} {}

    /// Does it soon, and looks again.
    void post(Job job);

private:
    void run(const std::stop_token& stop);
    [[nodiscard]] TopLook look();

    Node& node_;
    const Clock::duration every_;
    const Clock::duration timeout_;
    const OnLook on_look_;
    std::mutex mutex_;
    std::condition_variable_any posted_;
    std::vector<Job> jobs_;
    std::jthread thread_; ///< ends first
};

} // namespace malla::cli
