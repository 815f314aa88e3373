// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/broker_parts.hpp"

#include "malla/base/log.hpp"
#include "malla/discovery/guard.hpp"
#include "malla/transport/endpoint.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <variant>

namespace malla::discovery {

using transport::LinkEvent;
using transport::Message;
using transport::Pattern;
using transport::Peer;
using transport::Socket;

namespace {

constexpr std::size_t max_clusters = 64;
constexpr int snapshot_high_water_mark = 2 * static_cast<int>(wire::max_nodes);

/// The bodies of calls come here only where they are relayed.
transport::Profile profile_of(Pattern pattern, const Broker::Options& options) {
    transport::Profile profile;
    profile.credentials = options.credentials;
    if (pattern != Pattern::router) {
        profile.high_water_mark = max_published_queue;
        return profile;
    }
    if (!options.relays) profile.max_message_bytes = wire::max_header_bytes + 1024;
    profile.high_water_mark = snapshot_high_water_mark;
    return profile;
}

/// "tcp://HOST:PORT" with another port; "ipc://PATH.sub" for "ipc://PATH".
std::string beside(std::string_view endpoint, std::uint16_t port) {
    if (!endpoint.starts_with("tcp://")) return std::string{endpoint}.append(".sub");
    return std::string{endpoint.substr(0, endpoint.rfind(':') + 1)} + (port == 0 ? "*" : std::to_string(port));
}

// Of tcp://HOST:PORT.
std::string_view host_of(std::string_view endpoint) { return endpoint.substr(0, endpoint.rfind(':')).substr(6); }

// Whether what is bound at the host of the one is bound at that of the other, too.
bool covers(std::string_view one, std::string_view other) {
    const std::string_view host = host_of(one);
    return host == host_of(other) || host == "*" || host == "[::]" ||
           (host == "0.0.0.0" && !host_of(other).starts_with('['));
}

// Those of which no host is bound twice.
std::vector<std::string> by_host(const std::vector<std::string>& endpoints) {
    std::vector<std::string> chosen;
    for (const std::string& endpoint : endpoints) {
        if (std::ranges::any_of(chosen, [&](const auto& other) { return covers(other, endpoint); })) continue;
        std::erase_if(chosen, [&](const auto& other) { return covers(endpoint, other); });
        chosen.push_back(endpoint);
    }
    return chosen;
}

std::uint16_t port_of(std::string_view endpoint) {
    return static_cast<std::uint16_t>(std::stoul(std::string{endpoint.substr(endpoint.rfind(':') + 1)}));
}

} // namespace

// Numbers of circuits that a former broker gave are not given again soon: an answer to one of those would be believed.
Broker::Parts::Parts(transport::Poller& poller, Options options)
    : poller_{poller}, options_{std::move(options)}, relay_{[this](Peer peer, std::string frame) {
                                                                return router_->send_to(peer, std::move(frame));
                                                            },
                                                            std::random_device{}()} {}

Broker::Parts::~Parts() { close({}); }

Result<void> Broker::Parts::bind() {
    if (options_.endpoints.empty()) return Status{"endpoint_invalid", ""};
    for (std::string& endpoint : options_.endpoints) {
        auto resolved = transport::resolve(endpoint);
        if (!resolved) return std::move(resolved).error();
        if (auto allowed = may_bind(*resolved, options_.credentials.get(), options_.insecure); !allowed) return allowed;
        endpoint = *std::move(resolved);
        const bool alike = endpoint.starts_with("tcp://") && options_.endpoints.front().starts_with("tcp://");
        if (options_.endpoints.size() > 1 && !alike) return Status{"endpoint_invalid", endpoint};
    }
    for (auto& [socket, pattern] : {std::pair{&router_, Pattern::router}, std::pair{&publisher_, Pattern::pub}}) {
        auto opened = Socket::open(pattern, profile_of(pattern, options_));
        if (!opened) return std::move(opened).error();
        *socket = *std::move(opened);
    }
    auto monitor = router_->monitor();
    if (!monitor) return std::move(monitor).error();
    monitor_ = *std::move(monitor);
    for (const std::string& endpoint : options_.endpoints) {
        auto bound = router_->bind(endpoint);
        if (!bound) return std::move(bound).error();
        endpoints.push_back(*std::move(bound));
    }
    return bind_publisher();
}

/// Binds once at each host, at the same port.
Result<void> Broker::Parts::bind_publisher() {
    std::uint16_t port = options_.subscribe_port;
    for (const std::string& endpoint : by_host(endpoints)) {
        auto bound = publisher_->bind(beside(endpoint, port));
        if (!bound) return std::move(bound).error();
        subscribe_endpoint_ = *std::move(bound);
        publishes_at_.push_back(subscribe_endpoint_);
        if (subscribe_endpoint_.starts_with("tcp://")) port = port_of(subscribe_endpoint_);
    }
    // Of several, the host by which a node came.
    if (endpoints.size() > 1) subscribe_endpoint_ = "tcp://*:" + std::to_string(port);
    if (!options_.credentials) return {};
    subscribe_endpoint_ = options_.credentials->with_key(subscribe_endpoint_);
    for (std::string& endpoint : endpoints) endpoint = options_.credentials->with_key(endpoint);
    return {};
}

void Broker::Parts::start() {
    prober_ = std::make_unique<Prober>(poller_, options_.timing.probe_limit, [this](NodeId node, bool alive) {
        for (auto& [name, each] : clusters_) each->rendezvous.on_probed(node, alive, Clock::now());
    });
    cluster(options_.cluster);
    poller_.add(*monitor_, [this](std::span<const LinkEvent> events) { on_events(events); });
    poller_.add(
        *router_, [this](std::span<Message> messages) { on_router(messages); }, transport::Poller::Priority::control);
    half_beat_ = poller_.every(options_.timing.beat / 2, [this] {
        if (std::exchange(beat_is_due_, !beat_is_due_)) tick();
        else look();
    });
}

Broker::Parts::Cluster& Broker::Parts::cluster(const std::string& name) {
    auto& found = clusters_[name];
    if (found) return *found;
    wire::Welcome welcome;
    welcome.node = id;
    welcome.name = options_.name;
    welcome.cluster = name;
    welcome.role = wire::Role::broker;
    welcome.beat_ms = static_cast<std::uint32_t>(options_.timing.beat / std::chrono::milliseconds{1});
    welcome.subscribe_endpoint = subscribe_endpoint_;
    welcome.relays = options_.relays;
    Rendezvous::Outlets outlets{
        [this](Peer peer, std::string bytes) { (void)router_->send_to(peer, std::move(bytes)); },
        [this](std::string bytes) { (void)publisher_->send(std::move(bytes)); },
        [this, name](NodeId node) {
            prober_->probe(node, cluster(name).directory.read([&](const Directory& directory) {
                const auto* record = directory.find(node);
                return record == nullptr ? std::vector<std::string>{} : record->endpoints;
            }));
        }};
    found = std::make_unique<Cluster>(welcome, options_.timing, std::move(outlets));
    return *found;
}

void Broker::Parts::on_router(std::span<Message> messages) {
    for (const Message& message : messages) on_router_message(message);
}

void Broker::Parts::on_router_message(const Message& message) {
    const auto type = wire::peek(message.bytes());
    if (type == wire::Type::hello) relay_.take_over(message.peer(), message.connection());
    if (type == wire::Type::relay_open) return open_circuit(message);
    if (type == wire::Type::relay || type == wire::Type::pong || relay_.carries(message.peer()))
        return on_relayed(message, type);
    if (!type || is_for_rendezvous(*type))
        return cluster_of(message).rendezvous.on_message(message.peer(), message.connection(), message.bytes(),
                                                         Clock::now(), own_key_of(message, options_.credentials.get()));
    if (*type == wire::Type::call || *type == wire::Type::cancel || *type == wire::Type::credit) // its circuit is over
        return (void)router_->send_to(message.peer(), wire::encode(wire::RelayEnd{0, Status{"peer_lost"}}));
    if (*type != wire::Type::ping) return;
    if (const auto ping = wire::decode_ping(message.bytes()))
        (void)router_->send_to(message.peer(), wire::encode(wire::Pong{ping->nonce, id}));
}

void Broker::Parts::on_relayed(const Message& message, std::optional<wire::Type> type) {
    for (auto& [name, each] : clusters_) each->rendezvous.hear(message.peer(), Clock::now());
    if (type == wire::Type::pong) {
        if (const auto pong = wire::decode_pong(message.bytes())) relay_.on_pong(message.peer(), pong->nonce);
    } else if (type == wire::Type::relay) {
        if (const auto frame = wire::decode_relay(message.bytes())) relay_.from_host(message.peer(), *frame);
    } else {
        relay_.from_caller(message.peer(), message.bytes());
    }
}

void Broker::Parts::open_circuit(const Message& message) {
    const auto open = wire::decode_relay_open(message.bytes());
    if (!open) return;
    if (const auto opened = try_open_circuit(message, *open); !opened)
        (void)router_->send_to(message.peer(), wire::encode(wire::RelayEnd{0, opened.error()}));
}

Result<void> Broker::Parts::try_open_circuit(const Message& message, const wire::RelayOpen& open) {
    const auto no_way = [](std::string_view why) {
        return Status{"service_not_available"}.set_info("The broker passes on no call: " + std::string{why});
    };
    if (!options_.relays) return no_way("it was told not to");
    relay_.take_over(message.peer(), message.connection());
    const auto key = own_key_of(message, options_.credentials.get());
    for (auto& [name, each] : clusters_) {
        if (!each->rendezvous.has_let_in(open.origin, key)) continue;
        const auto host = each->rendezvous.way_to(open.target);
        if (!host) return no_way("the node is not connected to it, or takes none in this way");
        return relay_.open({message.peer(), message.connection()}, {host->first, host->second}, message.key());
    }
    return no_way("the caller has not joined");
}

/// The one that its HELLO names, or that let its sender in.
Broker::Parts::Cluster& Broker::Parts::cluster_of(const Message& message) {
    for (auto& [name, each] : clusters_)
        if (each->rendezvous.knows(message.peer())) return *each;
    const auto hello = wire::decode_hello(message.bytes());
    if (!hello) return cluster(options_.cluster);
    if (clusters_.contains(hello->cluster)) return cluster(hello->cluster);
    const bool open = options_.any_cluster && clusters_.size() < max_clusters;
    return cluster(open ? hello->cluster : options_.cluster);
}

void Broker::Parts::on_events(std::span<const LinkEvent> events) {
    for (const LinkEvent& event : events)
        if (event.kind == LinkEvent::Kind::disconnected && !relay_.on_disconnected(event.connection))
            for (auto& [name, each] : clusters_) each->rendezvous.on_disconnected(event.connection, Clock::now());
}

void Broker::Parts::look() {
    const auto now = Clock::now();
    for (auto& [name, each] : clusters_) each->rendezvous.look(now);
}

void Broker::Parts::tick() {
    const auto now = Clock::now();
    for (auto& [name, each] : clusters_) each->rendezvous.tick(now);
    std::erase_if(clusters_, [&](const auto& each) {
        return each.first != options_.cluster && each.second->rendezvous.is_empty();
    });
}

void Broker::Parts::farewell(NodeId node, std::uint64_t sequence) {
    for (auto& [name, each] : clusters_)
        if (each->rendezvous.is_member(node)) each->rendezvous.farewell(node, sequence, Clock::now());
}

/// ZeroMQ asks for a key when a connection begins, and has no way to end a single one.
void Broker::Parts::readmit() {
    unbound_ = publishes_at_;
    for (const std::string& endpoint : unbound_) (void)publisher_->unbind(endpoint);
    bind_publisher_again();
}

/// An address that was unbound is free a moment later.
void Broker::Parts::bind_publisher_again() {
    constexpr auto pause = std::chrono::milliseconds{10};
    std::erase_if(unbound_, [this](const std::string& endpoint) { return publisher_->bind(endpoint).has_value(); });
    rebind_.reset();
    if (!unbound_.empty()) rebind_ = poller_.at(Clock::now() + pause, [this] { bind_publisher_again(); });
}

void Broker::Parts::close(Clock::duration flush) {
    if (half_beat_) poller_.cancel(*half_beat_);
    half_beat_.reset();
    if (rebind_) poller_.cancel(*rebind_);
    rebind_.reset();
    prober_.reset();
    if (monitor_) poller_.remove(*monitor_);
    if (router_) poller_.remove(*router_);
    for (auto* socket : {&router_, &publisher_})
        if (*socket) (*socket)->close(flush);
}

} // namespace malla::discovery
