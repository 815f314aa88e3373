// SPDX-License-Identifier: Apache-2.0
// Calls to every instance at once.
#include "malla/node/node_core.hpp"
#include "malla/node/records.hpp"
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

/// An instance that takes no calls now.
struct Refusing {
    NodeId node;
    std::string node_name;
    bool has_callback = false;
    Status why;
};

std::vector<Refusing> refusing_instances(const discovery::SharedDirectory& shared, const Request& request) {
    return shared.read([&](const discovery::Directory& directory) {
        std::vector<Refusing> found;
        directory.for_each([&](const wire::NodeRecord& node) {
            const wire::ServiceRecord* service = service_of(node, request.service);
            if (!service || !is_meant(node, request.options.on)) return;
            if (!request.options.version.contains(service->version)) return;
            if (auto why = why_not_callable(node, *service))
                found.push_back(
                    {node.id, node.name, callback_of(*service, request.callback) != nullptr, *std::move(why)});
        });
        return found;
    });
}

/// Adds those that were not called, so that nobody takes what was heard for the answers of all.
void add_refusing(std::vector<NodeResult<Returned>>& results, std::vector<Refusing> refusing, bool some_have_callback) {
    for (auto& [node, name, has_callback, why] : refusing) {
        const bool is_called = std::ranges::find(results, node, &NodeResult<Returned>::node) != results.end();
        if (!is_called && (has_callback || !some_have_callback))
            results.push_back({node, std::move(name), std::move(why)});
    }
}

} // namespace

// Every instance that takes calls when there is one, waiting for a first one as a call to one does. Where one that
// takes none has the callback, those that have not are not meant.
std::vector<Instance> Node::Core::every_instance(const Request& request, Deadline deadline) {
    (void)hear_mesh(deadline);
    while (true) {
        const auto version = directory_version();
        auto all = find_instances(request);
        if (std::ranges::any_of(refusing_instances(membership_->directory(), request), &Refusing::has_callback))
            std::erase_if(all, [](const Instance& each) { return !each.has_callback; });
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
    request.options.no_wait = true; // one that goes meanwhile is not waited for
    Calls calls;
    for (const Instance& instance : all) {
        Request one = request;
        one.options.on = instance.node.text();
        calls.push_back(std::make_unique<CallState>(*this, std::move(one)));
        calls.back()->begin();
    }
    wait_for_each(calls, deadline);
    for (std::size_t i = 0; i < all.size(); ++i)
        results.push_back({all[i].node, std::move(all[i].node_name), std::move(calls[i]->outcome())});
    add_refusing(results, refusing_instances(membership_->directory(), request), all.front().has_callback);
    std::ranges::sort(results, {}, [](const auto& each) { return std::tie(each.node_name, each.node); });
    return results;
}

} // namespace malla
