// SPDX-License-Identifier: Apache-2.0
// How a node drains and ends.
#include "malla/base/log.hpp"
#include "malla/node/node_core.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace malla {

namespace {

using namespace std::chrono_literals;

constexpr auto ask_drained_every = 100ms;

} // namespace

bool Node::Core::begin_draining() {
    {
        const std::lock_guard lock{draining_mutex_};
        if (draining_.exchange(true)) return false;
        if (server_) server_->drain(true);
    }
    announce();
    return true;
}

void Node::Core::end_draining() {
    {
        const std::lock_guard lock{draining_mutex_};
        if (ending_) return;
        draining_ = false;
        if (server_) server_->drain(false);
    }
    announce();
}

void Node::Core::drain_for_good() {
    const std::lock_guard lock{draining_mutex_};
    ending_ = true;
    draining_ = true;
    if (server_) server_->leave();
}

void Node::Core::stop() {
    const std::lock_guard hosting{hosting_mutex_};
    if (std::exchange(stopped_, true)) return;
    drain_for_good();
    const auto unfinished = server_ ? end_services() : std::vector<std::string>{};
    if (server_) {
        membership_->leave(Deadline::in(farewell_limit));
        (void)server_->wait_without_callers(Deadline::in(farewell_limit));
        server_->stop(unfinished.empty() ? Deadline::in(farewell_limit) : Deadline{Clock::now()});
    }
    membership_->stop(Deadline::in(farewell_limit));
    control_.stop();
    control_thread_.join();
    if (router_) router_->close(farewell_limit); // the last answers leave
    for (const auto& [node, channel] : open_channels()) channel->die();
    if (unfinished.empty()) return;
    for (const auto& call : unfinished) log(LogLevel::error, "still running when the node had to end: " + call);
    std::_Exit(static_cast<int>(ExitCode::error_status)); // its threads use what would be destroyed now
}

// Until the plugins have nothing left to do.
void Node::Core::wait_drained(Deadline deadline) {
    for (const auto& service : server_->all()) {
        ServiceControl* control = service->hosted->control();
        while (control && !control->drained(deadline) && !deadline.passed(Clock::now()))
            std::this_thread::sleep_until(std::min(deadline.at(), Clock::now() + ask_drained_every));
    }
}

// Gives the calls that did not end.
std::vector<std::string> Node::Core::end_services() {
    announce();
    const auto drained = Deadline::in(options_.drain_limit);
    (void)server_->wait_idle(drained);
    wait_drained(drained);
    auto unfinished = server_->end_calls(Deadline::in(cancelled_limit));
    auto services = server_->all();
    for (auto service = services.rbegin(); unfinished.empty() && service != services.rend(); ++service)
        (*service)->hosted->stop();
    control_.post([this] { retire_idle_channels(); });
    return unfinished;
}

} // namespace malla
