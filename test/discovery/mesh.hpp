// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"
#include "malla/discovery/broker.hpp"
#include "malla/discovery/membership.hpp"
#include "malla/transport/socket.hpp"
#include "support/eventually.hpp"
#include "support/free_endpoint.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace malla::test {

/// Beats faster than by default, so that silence is noticed soon.
inline discovery::Timing fast() {
    discovery::Timing timing;
    timing.beat = std::chrono::milliseconds{200};
    return timing;
}

/// With the default beat, so that a busy machine does not make nodes seem silent.
inline discovery::MembershipOptions at_leisure(discovery::MembershipOptions options) {
    options.timing = {};
    return options;
}

/// A loop on a thread of its own.
class Loop {
public:
    Loop() : thread_{start_thread("loop", [this] { poller.run(); })} {}
    ~Loop() { end(); }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void end() {
        poller.stop();
        if (thread_.joinable()) thread_.join();
    }
    /// What `function` gives, run on the loop.
    template <class Function>
    auto run(Function function) {
        std::promise<decltype(function())> result;
        poller.post([&] { result.set_value(function()); });
        return result.get_future().get();
    }

    transport::Poller poller;

private:
    std::thread thread_;
};

/// A node that hosts nothing but its membership, on a loop of its own.
class Node {
public:
    explicit Node(discovery::MembershipOptions options, std::string cluster = "malla") {
        auto opened = transport::Socket::open(transport::Pattern::router);
        router_ = *std::move(opened);
        monitor_ = *router_->monitor();
        wire::NodeRecord self;
        self.id = id;
        self.name = "node-" + id.text().substr(0, 4);
        self.cluster = std::move(cluster);
        self.host = "here";
        if (options.hosts) self.endpoints = {endpoint = *router_->bind("tcp://127.0.0.1:*")};
        membership = *discovery::Membership::open(
            loop_.poller, std::move(options), std::move(self),
            [this](transport::Peer peer, std::string frame) { (void)router_->send_to(peer, std::move(frame)); });
        loop_.run([this] { return listen(); });
    }
    ~Node() { die(); }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// As by kill -9: all its connections end, and it says nothing.
    void die() {
        loop_.end();
        membership.reset();
        if (router_) loop_.poller.remove(*router_), loop_.poller.remove(*monitor_);
        router_.reset();
    }
    void leave() { membership->stop(Deadline::in(std::chrono::seconds{5})); }

    void offer(std::string service) {
        wire::ServiceRecord record;
        record.name = std::move(service);
        record.status = RunningStatus::running;
        wire::NodeRecord self;
        self.services.push_back(std::move(record));
        membership->update(std::move(self));
    }
    [[nodiscard]] bool sees(const Node& other) const { return sees(other.id); }
    [[nodiscard]] bool sees(NodeId other) const {
        return membership->directory().read([&](const auto& each) { return each.find(other) != nullptr; });
    }
    [[nodiscard]] bool sees_service(const Node& other, const std::string& name) const {
        return membership->directory().read([&](const auto& each) {
            const auto* record = each.find(other.id);
            return record != nullptr && record->services.size() == 1 && record->services.front().name == name;
        });
    }
    Loop& loop() noexcept { return loop_; }

    const NodeId id = NodeId::random();
    std::string endpoint;
    std::unique_ptr<discovery::Membership> membership;

private:
    bool listen() {
        loop_.poller.add(*monitor_, [this](auto events) { membership->on_events(events); });
        loop_.poller.add(*router_, [this](auto messages) {
            for (const auto& message : messages) membership->on_message(message);
        });
        return true;
    }

    Loop loop_;
    std::unique_ptr<transport::Socket> router_;
    std::unique_ptr<transport::Monitor> monitor_;
};

/// A broker on a loop of its own.
class BrokerProcess {
public:
    explicit BrokerProcess(discovery::Broker::Options options) {
        auto opened = loop_.run([&] { return discovery::Broker::open(loop_.poller, std::move(options)); });
        if (opened) broker = *std::move(opened);
        else failure = opened.error();
    }
    ~BrokerProcess() {
        loop_.end();
        broker.reset();
    }

    [[nodiscard]] const std::string& endpoint() const { return broker->endpoints().front(); }

    std::unique_ptr<discovery::Broker> broker;
    std::optional<Status> failure;

private:
    Loop loop_;
};

} // namespace malla::test
