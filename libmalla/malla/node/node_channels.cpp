// SPDX-License-Identifier: Apache-2.0
// The channels of a node to those that it calls, from the first call to the end.
#include "malla/node/node_core.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace malla {

namespace {

bool is_refusal(const transport::LinkEvent& event) {
    return event.kind == transport::LinkEvent::Kind::refused ||
           event.kind == transport::LinkEvent::Kind::handshake_failed;
}

} // namespace

Result<std::shared_ptr<Channel>> Node::Core::channel(const Instance& instance) {
    const std::lock_guard lock{channels_mutex_};
    auto& known = channels_[instance.node];
    if (known && !known->dead()) return known;
    // One that is gone would not be parted from again.
    if (leaving_.contains(instance.node) ||
        membership_->directory().read([&](const auto& each) { return each.find(instance.node) == nullptr; })) {
        channels_.erase(instance.node);
        return Status{"service_not_available"}.set_info("Node '" + instance.node_name + "' has left");
    }
    auto opened = open_channel(instance);
    if (!opened) {
        channels_.erase(instance.node);
        return opened;
    }
    known = *opened;
    watch_channel(*opened, instance.node);
    return opened;
}

void Node::Core::watch_channel(const std::shared_ptr<Channel>& channel, NodeId node) {
    control_.post([this, channel, node] {
        if (channel->dead()) return;
        if (!std::exchange(attending_, true)) control_.at(Clock::now() + attend_every, [this] { attend_channels(); });
        if (channel->broker().empty())
            control_.at(Clock::now() + options_.relay_after, [this, node, weak = std::weak_ptr{channel}] {
                const auto slow = weak.lock();
                if (slow && !slow->dead() && !slow->was_connected() && direct_failed(node, slow->node_name()))
                    lose_channel(node, slow);
            });
        control_.add(channel->monitor(), [this, channel, node](std::span<const transport::LinkEvent> events) {
            const bool ready = std::ranges::any_of(
                events, [](const auto& event) { return event.kind == transport::LinkEvent::Kind::ready; });
            const bool ended = std::ranges::any_of(events, [](const auto& event) {
                return event.kind != transport::LinkEvent::Kind::ready &&
                       event.kind != transport::LinkEvent::Kind::connected;
            });
            if (ready) channel->flush();
            if (ready && channel->broker().empty()) ways_.forget(node);
            if (!ended) return;
            // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the removal ends this function object
            const auto keep = channel;
            if (!keep->broker().empty()) return broker_ended(node, keep);
            const bool failed = std::ranges::any_of(
                events, [](const auto& event) { return event.kind == transport::LinkEvent::Kind::retrying; });
            if (std::ranges::any_of(events, is_refusal)) keep->set_refused();
            if (failed && !keep->was_connected()) (void)direct_failed(node, keep->node_name());
            lose_channel(node, keep);
            // One that is gone is forgotten already.
            if (membership_->directory().read([&](const auto& each) { return each.find(node) != nullptr; }))
                circuits_.connection_failed(node, Clock::now());
            membership_->suspect(node);
        });
    });
}

// Control thread. Often enough that whoever leaves is heard before it has waited to its limit.
void Node::Core::attend_channels() {
    const auto channels = open_channels();
    const auto now = Clock::now();
    bool any_silent = false;
    for (const auto& [node, channel] : channels) {
        channel->attend();
        channel->look_after(now, membership_->directory().is_stale(node));
        any_silent = any_silent || channel->silent();
    }
    any_silent_.store(any_silent, std::memory_order_relaxed);
    attending_ = !channels.empty();
    if (attending_) control_.at(Clock::now() + attend_every, [this] { attend_channels(); });
}

void Node::Core::send_held() {
    const std::lock_guard lock{channels_mutex_};
    for (const auto& [node, channel] : channels_)
        if (channel) channel->send_held();
}

std::unordered_multimap<NodeId, std::shared_ptr<Channel>> Node::Core::open_channels() {
    const std::lock_guard lock{channels_mutex_};
    auto all = former_channels_;
    all.insert(channels_.begin(), channels_.end());
    return all;
}

bool Node::Core::is_silent(NodeId node) {
    const auto channel = find_channel(node);
    return channel && channel->silent();
}

std::shared_ptr<Channel> Node::Core::find_channel(NodeId node) {
    const std::lock_guard lock{channels_mutex_};
    const auto found = channels_.find(node);
    return found == channels_.end() ? nullptr : found->second;
}

// Control thread. The node takes no more calls.
void Node::Core::on_bye(NodeId node) {
    if (membership_->directory().read([&](const auto& directory) { return directory.find(node) != nullptr; })) {
        const std::lock_guard lock{channels_mutex_};
        leaving_.insert(node);
    }
    if (const auto channel = find_channel(node)) retire_channel(node, channel);
}

// Control thread. The node is gone from the directory.
void Node::Core::part_from(NodeId node, bool drained) {
    const auto channel = find_channel(node);
    circuits_.forget(node);
    ways_.forget(node);
    std::vector<std::shared_ptr<Channel>> former;
    {
        const std::lock_guard lock{channels_mutex_};
        leaving_.erase(node);
        const auto [begin, end] = former_channels_.equal_range(node);
        for (auto each = begin; each != end; ++each) former.push_back(each->second);
    }
    for (const auto& each : former)
        if (!drained) lose_channel(node, each);
    if (!channel) return;
    if (!drained) return lose_channel(node, channel);
    retire_channel(node, channel);
    control_.at(Clock::now() + 2 * farewell_limit, [this, node, channel] { lose_channel(node, channel); });
}

// Control thread. The node waits until its callers have read everything, for they lose what they
// have not read when it ends the connection itself.
void Node::Core::retire_channel(NodeId node, const std::shared_ptr<Channel>& channel) {
    const auto ended = [this, node, channel] { control_.post([this, node, channel] { lose_channel(node, channel); }); };
    if (channel->retire(ended)) channel->attend();
}

// Control thread.
void Node::Core::lose_channel(NodeId node, const std::shared_ptr<Channel>& channel) {
    control_.remove(channel->monitor());
    channel->die();
    const std::lock_guard lock{channels_mutex_};
    if (const auto found = channels_.find(node); found != channels_.end() && found->second == channel)
        channels_.erase(found);
    std::erase_if(former_channels_, [&](const auto& each) { return each.second == channel; });
}

// Control thread. Two nodes that end at once shall not wait for each other.
void Node::Core::retire_idle_channels() {
    for (const auto& [node, channel] : open_channels())
        if (channel->load() == 0) retire_channel(node, channel);
}

} // namespace malla
