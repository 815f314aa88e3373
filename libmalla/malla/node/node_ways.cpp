// SPDX-License-Identifier: Apache-2.0
// Which way the calls of a node take: through a broker where a connection cannot be made, until it can.
#include "malla/base/log.hpp"
#include "malla/node/node_core.hpp"

#include <algorithm>
#include <utility>

namespace malla {

Result<std::shared_ptr<Channel>> Node::Core::open_channel(const Instance& instance) {
    const NodeId node = instance.node;
    const auto on_bye = [this, node] { control_.post([this, node] { this->on_bye(node); }); };
    const auto broker = ways_.broker_to(node);
    if (!broker) return Channel::open(instance.endpoint, instance.node_name, {}, on_bye, credentials_);
    const auto on_end = [this, node, broker = *broker] {
        control_.post([this, node, broker] { broker_failed(node, broker); });
    };
    return Channel::open(*broker, instance.node_name, {}, on_bye, credentials_,
                         Channel::Relayed{id_, node, *broker, on_end});
}

std::vector<std::string> Node::Core::endpoints_of(NodeId node) const {
    return membership_->directory().read([&](const discovery::Directory& directory) {
        const auto* record = directory.find(node);
        return record == nullptr ? std::vector<std::string>{} : record->endpoints;
    });
}

// Control thread. Whether calls go through a broker from now on.
bool Node::Core::direct_failed(NodeId node, std::string_view name) {
    if (options_.brokers.empty() || endpoints_of(node).empty()) return false; // or it is gone
    const bool known = ways_.broker_to(node).has_value();
    const auto broker = ways_.direct_failed(node, membership_->relays());
    if (!broker || known) return broker.has_value();
    log(LogLevel::notice, "node " + std::string{name} + " cannot be connected to at " + endpoints_of(node).front() +
                              ": its calls go through the broker at " + *broker);
    try_direct_later(node);
    return true;
}

// Control thread. That broker has no way to the node any more.
void Node::Core::broker_failed(NodeId node, const std::string& broker) {
    const auto channel = find_channel(node);
    if (channel && channel->broker() == broker) broker_ended(node, channel);
}

// Control thread. The channel through a broker has ended, or is about to.
void Node::Core::broker_ended(NodeId node, const std::shared_ptr<Channel>& channel) {
    (void)ways_.broker_failed(node, channel->broker(), membership_->relays());
    lose_channel(node, channel);
}

// Control thread.
void Node::Core::try_direct_later(NodeId node) {
    if (!retried_.insert(node).second) return;
    control_.at(Clock::now() + options_.direct_retry, [this, node] {
        retried_.erase(node);
        if (ways_.broker_to(node)) prober_->probe(node, endpoints_of(node));
    });
}

// Control thread. What is under way ends where it is.
void Node::Core::on_probed(NodeId node, bool alive) {
    if (!ways_.broker_to(node)) return;
    if (!alive || endpoints_of(node).empty()) return try_direct_later(node);
    ways_.forget(node);
    const auto channel = find_channel(node);
    if (!channel || channel->broker().empty()) return;
    log(LogLevel::notice, "node " + channel->node_name() + " can be connected to: its calls go there directly again");
    {
        const std::lock_guard lock{channels_mutex_};
        former_channels_.emplace(node, channel);
        channels_.erase(node);
    }
    retire_channel(node, channel);
}

// Every instance is known and none can be connected to.
std::optional<Status> Node::Core::no_way(const Request& request) {
    const auto all = instances(request);
    if (all.empty() || !std::ranges::all_of(all, [this](const Instance& each) { return ways_.none_to(each.node); }))
        return std::nullopt;
    const Instance& first = all.front();
    return Status{"endpoint_unreachable", first.endpoint}.set_info(
        "No way leads to node " + first.node_name + ": " + first.endpoint +
        " cannot be connected to, and no broker that both nodes have joined passes on calls. Let the machines reach "
        "each other, give the node an --advertise that others reach, or run malla-broker without --no-relay");
}

} // namespace malla
