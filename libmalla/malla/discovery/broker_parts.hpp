// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/discovery/broker.hpp"
#include "malla/discovery/prober.hpp"
#include "malla/discovery/relay.hpp"
#include "malla/discovery/rendezvous.hpp"
#include "malla/transport/socket.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malla::discovery {

/// The sockets of a broker and what they feed.
class Broker::Parts {
public:
    Parts(transport::Poller& poller, Options options);
    ~Parts();

    Result<void> bind();
    void start();
    void farewell(NodeId node, std::uint64_t sequence);
    void readmit();
    void close(Clock::duration flush);

    const NodeId id = NodeId::random();
    std::vector<std::string> endpoints;

    [[nodiscard]] const SharedDirectory& directory() const { return clusters_.at(options_.cluster)->directory; }

private:
    /// The nodes of one cluster.
    struct Cluster {
        Cluster(const wire::Welcome& welcome, const Timing& timing, Rendezvous::Outlets outlets)
            : rendezvous{welcome, timing, std::move(outlets), directory} {}

        SharedDirectory directory;
        Rendezvous rendezvous;
    };

    Result<void> bind_publisher();
    Cluster& cluster(const std::string& name);
    Cluster& cluster_of(const transport::Message& message);
    void on_router(std::span<transport::Message> messages);
    void on_router_message(const transport::Message& message);
    void on_relayed(const transport::Message& message, std::optional<wire::Type> type);
    void open_circuit(const transport::Message& message);
    [[nodiscard]] Result<void> try_open_circuit(const transport::Message& message, const wire::RelayOpen& open);
    void bind_publisher_again();
    void on_events(std::span<const transport::LinkEvent> events);
    void look();
    void tick();

    transport::Poller& poller_;
    Options options_;
    std::unique_ptr<transport::Socket> router_;
    std::unique_ptr<transport::Monitor> monitor_;
    std::unique_ptr<transport::Socket> publisher_;
    std::vector<std::string> publishes_at_;
    std::vector<std::string> unbound_; // of these, for a moment
    std::optional<transport::TimerId> rebind_;
    std::string subscribe_endpoint_;
    std::map<std::string, std::unique_ptr<Cluster>, std::less<>> clusters_;
    Relay relay_;
    std::unique_ptr<Prober> prober_;
    std::optional<transport::TimerId> half_beat_;
    bool beat_is_due_ = false; ///< at the next half
};

} // namespace malla::discovery
