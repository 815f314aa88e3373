// SPDX-License-Identifier: Apache-2.0
// Calls to every instance at once.
#include "malla/node/node_core.hpp"
#include "malla/service/context.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace malla {

namespace {

using namespace std::chrono_literals;

// How long one call is waited for before the others get on, which may want to try again.
constexpr auto turn = 5ms;

using Calls = std::vector<std::unique_ptr<CallState>>;

void wait_for_each(Calls& calls, Deadline deadline) {
    bool late = false;
    for (bool waiting = true; waiting;) {
        waiting = false;
        for (const auto& call : calls) {
            if (!late && deadline.passed(Clock::now())) {
                late = true;
                for (const auto& each : calls) each->cancel_late(); // so that their last moments pass together
            }
            if (!call->wait(std::min(deadline, Deadline::in(turn)))) waiting = true;
        }
    }
}

} // namespace

// Every instance that is known when there is one, waiting for a first one as a call to one does.
std::vector<Instance> Node::Core::every_instance(const Request& request, Deadline deadline) {
    (void)hear_mesh(deadline);
    while (true) {
        const auto version = directory_version();
        auto all = find_instances(request);
        if (!all.empty() || own_choice(request)) return all;
        if (request.options.no_wait || deadline.passed(Clock::now())) return {};
        wait_for_change(version, deadline);
    }
}

Result<std::vector<NodeResult<Returned>>> Node::Core::call_all(Request request) {
    const BlockingScope blocking;
    const auto deadline =
        std::min(request.options.deadline.value_or(Deadline::in(options_.timeout)), current_deadline());
    request.options.deadline = deadline;
    request.options.key.reset();
    request.options.balance = Balance::random;
    std::vector<NodeResult<Returned>> results;
    auto all = every_instance(request, deadline);
    if (all.empty()) {
        if (!own_choice(request)) return why_unavailable(request);
        results.push_back({id_, options_.name, call(std::move(request))}); // others do not see it
        return results;
    }
    std::ranges::sort(all, {}, [](const Instance& each) { return std::tie(each.node_name, each.node); });
    request.options.no_wait = true; // one that goes meanwhile is not waited for
    Calls calls;
    for (const Instance& instance : all) {
        request.options.on = instance.node.text();
        calls.push_back(std::make_unique<CallState>(*this, request));
        calls.back()->begin();
    }
    wait_for_each(calls, deadline);
    for (std::size_t i = 0; i < all.size(); ++i)
        results.push_back({all[i].node, std::move(all[i].node_name), std::move(calls[i]->outcome())});
    return results;
}

} // namespace malla
