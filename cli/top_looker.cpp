// SPDX-License-Identifier: Apache-2.0
#include "cli/top_looker.hpp"

#include "malla/node/remote.hpp"

#include <algorithm>
#include <chrono>

namespace malla::cli {

void TopLooker::post(Job job) {
    {
        const std::lock_guard lock{mutex_};
        jobs_.push_back(std::move(job));
    }
    posted_.notify_all();
}

void TopLooker::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        on_look_(look());
        std::vector<Job> jobs;
        {
            std::unique_lock lock{mutex_};
            posted_.wait_for(lock, stop, every_, [this] { return !jobs_.empty(); });
            jobs.swap(jobs_);
        }
        for (const Job& job : jobs) job(node_);
    }
}

TopLook TopLooker::look() {
    constexpr Clock::duration longest = std::chrono::seconds{1};
    CallOptions options = within(std::min(timeout_, longest));
    options.no_wait = true;
    TopLook look;
    std::vector<Future<admin::Stats>> asked;
    for (auto& view : node_.instances()) {
        options.on = view.node.text();
        asked.push_back(Remote<admin::Api>{node_}.async<admin::GetStats>(options, view.service));
        look.instances.push_back({std::move(view), std::nullopt});
    }
    for (std::size_t i = 0; i < asked.size(); ++i)
        if (auto stats = asked[i].get()) look.instances[i].stats = *std::move(stats);
    look.nodes = node_.nodes();
    look.at = Clock::now();
    return look;
}

} // namespace malla::cli
