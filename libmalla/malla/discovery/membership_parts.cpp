// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/membership_parts.hpp"

#include "malla/base/log.hpp"
#include "malla/discovery/guard.hpp"
#include "malla/transport/endpoint.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace malla::discovery {

using transport::Peer;

Membership::Parts::Parts(transport::Poller& poller_of_node, MembershipOptions options, wire::NodeRecord self,
                         Reply reply)
    : poller{poller_of_node}, receiver{std::make_shared<EventReceiver>(self.cluster, options.credentials)},
      sender{std::make_shared<EventSender>(EventSender::Source{self.id, self.name, self.cluster},
                                           [this](std::string published) { publish_here(std::move(published)); })},
      options_{std::move(options)}, reply_{std::move(reply)}, self_{std::move(self)}, view_{self_.id, options_.timing,
                                                                                            view_outlets(), directory} {
    directory.observe([this](const Change& change) { on_change(change); });
}

Membership::Parts::~Parts() {
    finders_.reset();
    if (half_beat_) poller.cancel(*half_beat_);
    sender->close();
    receiver->close();
}

Result<void> Membership::Parts::open() {
    if (options_.hosts) {
        if (auto opened = open_publisher(); !opened) return opened;
        rendezvous_.emplace(welcome(), options_.timing, rendezvous_outlets(), directory);
        revise(nullptr, 0);
    }
    if (auto opened = open_finders(); !opened) return opened;
    return add_configured();
}

Result<void> Membership::Parts::open_publisher() {
    auto endpoint = transport::resolve(options_.publish_bind);
    if (!endpoint) return std::move(endpoint).error();
    if (auto allowed = may_bind(*endpoint, options_.credentials.get(), options_.insecure); !allowed) return allowed;
    transport::Profile profile;
    profile.high_water_mark = max_published_queue;
    profile.credentials = options_.credentials;
    auto socket = transport::Socket::open(transport::Pattern::pub, profile);
    if (!socket) return std::move(socket).error();
    auto bound = (*socket)->bind(*endpoint);
    if (!bound) return std::move(bound).error();
    publisher_ = *std::move(socket);
    self_.publish_endpoint = self_.endpoints.empty() ? *bound : with_host_of(*bound, self_.endpoints.front());
    if (options_.credentials) self_.publish_endpoint = options_.credentials->with_key(self_.publish_endpoint);
    return {};
}

Result<void> Membership::Parts::add_configured() {
    const bool alone = options_.brokers.empty() && options_.peers.empty() && !finders_;
    const bool own_key = options_.credentials && options_.credentials->has_own_key();
    auto named = options_.brokers;
    named.insert(named.end(), options_.peers.begin(), options_.peers.end());
    // Nobody could know the key of whoever holds the loopback endpoint.
    if (alone && !options_.loopback.empty() && !own_key) named.push_back(options_.loopback);
    if (alone && named.empty() && own_key && !options_.hosts)
        return Status{"credentials_required", "with --key-file name a broker or a peer, as tcp://HOST:PORT#KEY"};
    set_alone(options_.hosts && named.empty());
    for (std::size_t i = 0; i < named.size(); ++i) {
        const std::string& endpoint = named[i];
        auto resolved = transport::resolve(endpoint);
        if (!resolved && resolved.error().id() != "endpoint_unreachable") return std::move(resolved).error();
        if (resolved && alone && options_.hosts)
            if (auto allowed = may_bind(*resolved, options_.credentials.get(), options_.insecure); !allowed)
                return allowed;
        if (resolved)
            if (auto usable = has_wanted_key(*resolved); !usable) return usable;
        if (resolved) add_link(*resolved, !alone, alone, i < options_.brokers.size());
        else add_unknown(endpoint, !alone);
    }
    return {};
}

/// A name that has no address now is not looked up again: that is what the finder is for.
void Membership::Parts::add_unknown(const std::string& endpoint, bool named) {
    const LinkId id{++last_link_};
    joining.add(id, endpoint, named);
    Status unresolved{"endpoint_unreachable", endpoint};
    unresolved.set_info("Cannot reach " + endpoint + ": its host has no address");
    joining.refused(id, unresolved.set_data("unresolved", endpoint));
    log(LogLevel::warning, "the host of " + endpoint + " has no address, and is not asked for again: a --peer " +
                               "dns://HOST:PORT would be");
}

/// Otherwise every attempt to connect would fail, and nobody be told.
Result<void> Membership::Parts::has_wanted_key(std::string_view endpoint) const {
    const auto [address, key] = transport::split_key(endpoint);
    if (key.empty() && options_.credentials && options_.credentials->has_own_key())
        return Status{"credentials_required",
                      "write " + std::string{address} + "#KEY, with the key of who listens there"};
    if (!key.empty() && !options_.credentials)
        return Status{"credentials_required", std::string{address} + " is encrypted: say --secret-file or --key-file"};
    return {};
}

void Membership::Parts::add_link(const std::string& endpoint, bool named, bool loopback, bool of_broker) {
    const LinkId id{++last_link_};
    joining.add(id, endpoint, named);
    open_link(id, endpoint, {}, loopback, of_broker);
    if (!loopback || !options_.hosts) return;
    Broker::Options broker;
    broker.endpoints = {endpoint};
    broker.cluster = self_.cluster;
    broker.any_cluster = true;
    broker.name = self_.name;
    broker.credentials = options_.credentials;
    broker.insecure = options_.insecure;
    broker.timing = options_.timing;
    embedded_.emplace(poller, std::move(broker), [this, id] { links_.at(id).link->hurry(); });
}

void Membership::Parts::open_link(LinkId id, const std::string& endpoint, NodeId back_to, bool loopback, bool broker) {
    const std::string ask = options_.hosts ? std::string{} : wire::encode(wire::Ask{});
    auto link = std::make_unique<Link>(poller, endpoint, options_.credentials, hello(broker), ask, options_.timing,
                                       handlers_of(id));
    links_.emplace(id, Joined{std::move(link), back_to, loopback});
    links_.at(id).broker = broker;
}

Link::Handlers Membership::Parts::handlers_of(LinkId id) {
    Link::Handlers handlers;
    handlers.up = [this, id](const wire::Welcome& by) { on_up(id, by); };
    handlers.listening = [this, id] { view_.compare(id, Clock::now()); };
    handlers.down = [this, id] { on_down(id); };
    handlers.absent = [this, id] { on_absent(id); };
    handlers.refused = [this, id](const Status& status) { on_refused(id, status); };
    handlers.message = [this, id](const wire::Message& message) { on_message_of(id, message); };
    return handlers;
}

void Membership::Parts::start() {
    prober_.emplace(poller, options_.timing.probe_limit, [this](NodeId node, bool alive) { on_probed(node, alive); });
    for (auto& [id, joined] : links_) joined.link->open();
    if (embedded_) embedded_->start();
    start_finders();
    half_beat_ = poller.every(options_.timing.beat / 2, [this] {
        if (std::exchange(beat_is_due_, !beat_is_due_)) tick();
        else look();
    });
}

void Membership::Parts::on_up(LinkId id, const wire::Welcome& by) {
    if (links_.at(id).loopback && embedded_) embedded_->settle();
    joining.answered(id);
    if (options_.hosts) announce(id);
    auto& joined = links_.at(id);
    joined.down_since.reset();
    if (std::exchange(joined.told, false)) log(LogLevel::notice, joined.link->endpoint() + " answers");
    joined.node = by.node;
    joined.subscribe_endpoint = by.subscribe_endpoint;
    if (joined.back_to.is_nil()) listen_to_events(id);
    relay_up(joined, by);
    view_.up(id, by, !options_.hosts, Clock::now());
    if (finders_) finders_->up(joined.link->endpoint());
}

/// From now on events go over this link, too.
void Membership::Parts::listen_to_events(LinkId id) {
    const auto& joined = links_.at(id);
    sender->up(id, joined.link->socket());
    receiver->set_source(id, with_host_of(joined.subscribe_endpoint, joined.link->endpoint()));
}

void Membership::Parts::on_message_of(LinkId id, const wire::Message& message) {
    if (const auto* pong = std::get_if<wire::Pong>(&message)) return sender->answered(id, pong->nonce);
    if (take_relayed(links_.at(id), message)) return;
    view_.on_message(id, message, Clock::now());
    if (!view_.has_snapshot(id)) return;
    joining.settled(id);
    if (finders_ && std::holds_alternative<wire::SnapshotEnd>(message))
        finders_->complete(links_.at(id).link->endpoint());
}

void Membership::Parts::on_refused(LinkId id, const Status& status) {
    const auto& endpoint = links_.at(id).link->endpoint();
    if (status.id() ==
        "conflict") { // it has reached itself, as one of a list that all nodes are given: nobody else is there
        joining.is_itself(id);
    } else {
        if (!std::exchange(links_.at(id).told, true))
            log(LogLevel::warning, endpoint + " refuses this node: " + status.text());
        joining.refused(id, status);
    }
    if (finders_) finders_->refused(endpoint, status);
}

void Membership::Parts::on_down(LinkId id) {
    sender->down(id);
    joining.lost(id);
    links_.at(id).down_since = Clock::now();
    relay_down(links_.at(id));
    receiver->drop_source(id);
    view_.down(id, Clock::now());
    if (finders_) finders_->down(links_.at(id).link->endpoint());
    if (links_.at(id).loopback && embedded_ && !left_) embedded_->race();
}

/// Nobody at the loopback endpoint means that nobody is there; one that hosts takes the place itself.
void Membership::Parts::on_absent(LinkId id) {
    joining.absent(id);
    if (links_.at(id).loopback && !options_.hosts) joining.settled(id);
    if (finders_) finders_->absent(links_.at(id).link->endpoint());
}

// Once, of one that the user has named.
void Membership::Parts::tell_of_outage(Joined& joined, Clock::time_point now) const {
    const bool named = !joined.loopback && !joined.found && joined.back_to.is_nil();
    if (!named || left_ || joined.told || !joined.down_since || now - *joined.down_since < outage_limit) return;
    joined.told = true;
    log(LogLevel::warning, "nobody answers at " + joined.link->endpoint() + "; it is tried again and again");
}

void Membership::Parts::look() {
    const auto now = Clock::now();
    for (auto& [id, joined] : links_) {
        joined.link->look(now);
        tell_of_outage(joined, now);
    }
    if (rendezvous_) rendezvous_->look(now);
}

void Membership::Parts::tick() {
    const auto now = Clock::now();
    const wire::Beat beat{self_.id, options_.hosts ? sequence() : 0};
    for (auto& [id, joined] : links_) joined.link->tick(beat, now);
    view_.tick(now);
    if (rendezvous_) rendezvous_->tick(now);
    if (finders_) finders_->tick();
}

void Membership::Parts::on_message(const transport::Message& message) {
    const auto type = wire::peek(message.bytes());
    if (!rendezvous_ || !prober_ || left_ || (type && !is_for_rendezvous(*type))) return;
    rendezvous_->on_message(message.peer(), message.connection(), message.bytes(), Clock::now(),
                            own_key_of(message, options_.credentials.get()));
}

void Membership::Parts::on_events(std::span<const transport::LinkEvent> events) {
    if (!rendezvous_ || !prober_ || left_) return;
    for (const auto& event : events)
        if (event.kind == transport::LinkEvent::Kind::disconnected)
            rendezvous_->on_disconnected(event.connection, Clock::now());
}

void Membership::Parts::suspect(NodeId node) {
    const auto known = directory.read([&](const Directory& each) { return each.sequence_of(node); });
    if (left_ || known == 0) return;
    probe(node);
    for (const auto& [id, joined] : links_) joined.link->send(wire::encode(wire::Suspect{node, known}));
}

void Membership::Parts::probe(NodeId node) {
    prober_->probe(node, directory.read([&](const Directory& each) {
        const auto* record = each.find(node);
        return record == nullptr ? std::vector<std::string>{} : record->endpoints;
    }));
}

void Membership::Parts::on_probed(NodeId node, bool alive) {
    const auto now = Clock::now();
    if (rendezvous_) rendezvous_->on_probed(node, alive, now);
    view_.on_probed(node, alive, now);
}

void Membership::Parts::send(LinkId id, std::string message) {
    if (left_) return; // nobody knows this node behind its goodbye
    if (const auto found = links_.find(id); found != links_.end()) found->second.link->send(std::move(message));
}

View::Outlets Membership::Parts::view_outlets() {
    View::Outlets outlets;
    outlets.send = [this](LinkId id, std::string message) { send(id, std::move(message)); };
    outlets.probe = [this](NodeId node) { probe(node); };
    outlets.refute = [this](std::uint64_t above) { refute(above); };
    outlets.announce = [this](LinkId id) { announce(id); };
    outlets.hears = [this](NodeId node) { return rendezvous_ && rendezvous_->is_member(node); };
    outlets.contradict = [this](NodeId node, std::uint64_t above) {
        if (rendezvous_) rendezvous_->contradict(node, above);
    };
    return outlets;
}

Rendezvous::Outlets Membership::Parts::rendezvous_outlets() {
    Rendezvous::Outlets outlets;
    outlets.send = [this](Peer peer, std::string message) { reply_(peer, std::move(message)); };
    outlets.publish = [this](std::string message) { publish_here(std::move(message)); };
    outlets.probe = [this](NodeId node) { probe(node); };
    outlets.listed_elsewhere = [this](NodeId node) { return view_.is_listed(node); };
    return outlets;
}

/// To those who listen to this node, itself included. Any thread.
void Membership::Parts::publish_here(std::string published) {
    if (!publisher_) return;
    receiver->hear(published);
    (void)publisher_->send(std::move(published));
}

wire::Hello Membership::Parts::hello(bool to_broker) const {
    wire::Hello hello;
    hello.node = self_.id;
    hello.name = self_.name;
    hello.cluster = self_.cluster;
    hello.hosts = options_.hosts;
    hello.takes_relayed = to_broker && options_.relayed != nullptr;
    return hello;
}

wire::Welcome Membership::Parts::welcome() const {
    wire::Welcome welcome;
    welcome.node = self_.id;
    welcome.name = self_.name;
    welcome.cluster = self_.cluster;
    welcome.beat_ms = static_cast<std::uint32_t>(options_.timing.beat / std::chrono::milliseconds{1});
    welcome.subscribe_endpoint = self_.publish_endpoint;
    return welcome;
}

void Membership::Parts::leave() {
    if (std::exchange(left_, true)) return;
    if (half_beat_) poller.cancel(*half_beat_);
    if (finders_) finders_->leave();
    sender->close();
    receiver->close();
    if (embedded_) embedded_->settle();
    if (!options_.hosts) return;
    const wire::Bye bye{self_.id, sequence()};
    const auto encoded = wire::encode(bye);
    for (auto& [id, joined] : links_) joined.link->send(encoded);
    rendezvous_->farewell(bye.node, bye.sequence, Clock::now());
}

void Membership::Parts::stop(Clock::duration flush) {
    leave();
    if (std::exchange(stopped_, true)) return;
    if (publisher_) publisher_->close(flush);
    for (auto& [id, joined] : links_) joined.link->close(flush);
    if (Broker* broker = embedded_ ? embedded_->broker() : nullptr) {
        broker->farewell(self_.id, sequence()); // its BYE may not have come there
        broker->close(flush);
    }
    joining.close();
    directory.close();
}

} // namespace malla::discovery
