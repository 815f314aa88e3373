// SPDX-License-Identifier: Apache-2.0
#include "cli/operated.hpp"

#include "cli/console.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace malla::cli {

using namespace std::chrono_literals;

Result<Operated> Operated::find(const std::string& service, const std::string& on, const Common& common, bool wait) {
    const Deadline deadline = Deadline::in(common.mesh.timeout);
    auto node = look_around(common);
    if (!node) return std::move(node).error();
    if (wait) (void)(*node)->wait_for(service, deadline, on);
    Operated found{*std::move(node), service, on, deadline, wait ? Deadline{deadline.at() + 1s} : deadline};
    found.look_again();
    if (found.instances().empty()) return found.nobody_there();
    return found;
}

void Operated::look_again() {
    instances_ = node_->instances_of(service_);
    std::erase_if(instances_, [&](const InstanceView& instance) { return !is_meant(instance, on_); });
}

bool Operated::has_left(const InstanceView& instance) const {
    return std::ranges::none_of(node_->instances_of(service_),
                                [&](const InstanceView& each) { return each.node == instance.node; });
}

Status Operated::nobody_there() const {
    return no_such_service(*node_, service_, Status{"service_not_available", service_}, on_);
}

bool Operated::pause() const {
    constexpr Clock::duration between = 50ms;
    if (wait_until_.left(Clock::now()) < between) return false;
    std::this_thread::sleep_for(between);
    return true;
}

int with_each(const Operated& operated, const Common& common,
              const std::function<Result<void>(const InstanceView&)>& act) {
    int worst = 0;
    for (const auto& instance : operated.instances()) {
        auto done = act(instance);
        if (done) continue;
        Status why = std::move(done).error();
        if (operated.instances().size() > 1) why.set_info(instance.node_name + ": " + why.info());
        worst = std::max(worst, fail(why, common));
    }
    return worst;
}

} // namespace malla::cli
