// SPDX-License-Identifier: Apache-2.0
#include "malla/node/node_core.hpp"

#include "malla/base/fingerprint.hpp"
#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"
#include "malla/discovery/guard.hpp"
#include "malla/discovery/rendezvous.hpp"
#include "malla/node/admin.hpp"
#include "malla/node/advertised.hpp"
#include "malla/node/finders.hpp"
#include "malla/transport/endpoint.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace malla {

namespace {

using namespace std::chrono_literals;

constexpr auto sweep_events_every = 5min;

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::uint64_t unix_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

wire::ServiceRecord record_of(Hosted& hosted) {
    wire::ServiceRecord record;
    record.name = hosted.core().name();
    record.version = hosted.core().version();
    record.status = hosted.core().running_status();
    record.concurrent = hosted.core().concurrent();
    std::string content = record.name + record.version.text();
    for (const auto& callback : hosted.callbacks()) {
        record.callbacks.push_back({callback.name, callback.description, callback.types});
        content += callback.name + callback.description;
    }
    if (const ServiceControl* control = hosted.control()) {
        record.admin_status = control->admin_status();
        content += std::to_string(control->info().hash);
        for (auto& exported : control->exports()) {
            content += exported.name + exported.description;
            const auto described = Json::parse(exported.description);
            record.callbacks.push_back({std::move(exported.name), std::move(exported.description),
                                        described ? codec::type_fingerprint(*described) : 0});
        }
    }
    record.content_hash = fingerprint(content);
    return record;
}

// The publish socket is bound beside the ROUTER.
std::string with_any_port(std::string_view endpoint) {
    if (!endpoint.starts_with("tcp://")) return "tcp://127.0.0.1:*";
    return std::string{endpoint.substr(0, endpoint.rfind(':'))} + ":*";
}

} // namespace

Node::Core::Core(Node& owner, NodeOptions options)
    : owner_{owner}, options_{std::move(options)}, credentials_{value_or_throw(
                                                       transport::load_credentials(options_.credentials))} {
    if (!end_.is_open()) throw Error{Status{"not_allowed"}.set_info("the system gave no eventfd")};
    if (options_.name.empty()) options_.name = host_name() + '-' + std::to_string(::getpid());
    value_or_throw(discovery::may_be_named("node name", options_.name));
    value_or_throw(discovery::may_be_named("cluster name", options_.cluster));
    if (options_.hosts) open_server();
    join_mesh();
    prober_ = std::make_unique<discovery::Prober>(control_, options_.relay_after,
                                                  [this](NodeId node, bool alive) { on_probed(node, alive); });
    make_events();
    control_thread_ = start_thread("malla-control", [this] { control_.run(); });
    if (server_) server_->start();
}

Node::Core::~Core() { stop(); }

void Node::Core::open_server() {
    if (options_.bind.empty()) options_.bind = default_bind(options_);
    value_or_throw(discovery::may_bind(options_.bind, credentials_.get(), options_.insecure));
    if (options_.hosts && !options_.credentials.key.empty() && options_.credentials.allow.empty())
        log(LogLevel::warning, "with a key of its own and no list of allowed ones (--allow) this node lets nobody in");
    transport::Profile profile;
    profile.credentials = credentials_;
    router_ = value_or_throw(transport::Socket::open(transport::Pattern::router, profile));
    endpoint_ = value_or_throw(advertised_endpoint(options_, value_or_throw(router_->bind(options_.bind))));
    if (credentials_ && transport::split_key(endpoint_).key.empty()) endpoint_ = credentials_->with_key(endpoint_);
    router_monitor_ = value_or_throw(router_->monitor());
    const auto hand_on_all = [this](transport::Message&& message) { hand_on(std::move(message)); };
    server_ = std::make_unique<CallServer>(*router_,
                                           CallServer::Options{id_, options_.takeover_after,
                                                               std::max<std::size_t>(options_.max_workers, 2),
                                                               options_.max_waiting_workers, options_.max_queued_calls,
                                                               credentials_, transport::is_loopback(options_.bind)},
                                           hand_on_all, [this] { control_.post([this] { retry_streams(); }); });
    auto admin = std::make_unique<HostedService<Admin>>(Admin{*server_}, Reach::named);
    value_or_throw(admin->start({}));
    value_or_throw(server_->add(std::make_shared<ServedService>(std::move(admin), std::nullopt)));
}

// Control thread. In a moment there is room on the way to a caller that reads.
void Node::Core::retry_streams() {
    constexpr auto moment = 5ms;
    control_.at(Clock::now() + moment, [this] { server_->retry_streams(); });
}

/// What is none of calls. Events may come faster than they leave: those who listen count what is dropped.
void Node::Core::hand_on(transport::Message&& message) {
    const bool event = wire::peek(message.bytes()) == wire::Type::publish;
    if (event && events_waiting_.fetch_add(1) >= discovery::max_published_queue) return --events_waiting_, void();
    auto shared = std::make_shared<transport::Message>(std::move(message));
    control_.post([this, shared, event] {
        membership_->on_message(*shared);
        if (event) --events_waiting_;
    });
}

/// The sender may be asked by a hook that was left behind when this is gone: it is shared.
void Node::Core::make_events() {
    const auto publish = [sender = membership_->sender()](const Event& event) -> Result<void> {
        const auto body = to_json(event).dump();
        if (!body) return body.error();
        return sender->publish(event.event_class, wire::Content::json, *body);
    };
    events_ = std::make_shared<Events>(Events::Source{options_.cluster, options_.name, host_name()}, publish,
                                       Events::Limits{options_.event_window, options_.max_remembered_events});
    control_.every(sweep_events_every, [events = events_] { events->sweep(); });
}

Result<void> Node::Core::publish(std::string_view topic, const Json& value) {
    const auto body = value.dump();
    if (!body) return body.error();
    return membership_->sender()->publish(topic, wire::Content::json, *body);
}

void Node::Core::join_mesh() {
    discovery::MembershipOptions joining;
    joining.brokers = options_.brokers;
    joining.peers = options_.peers;
    joining.finders = value_or_throw(take_finders(joining.peers, options_.finders));
    joining.loopback = options_.loopback;
    joining.hosts = options_.hosts;
    joining.publish_bind = with_any_port(options_.bind);
    joining.credentials = credentials_;
    joining.insecure = options_.insecure;
    joining.relayed = server_ ? &server_->relayed() : nullptr;
    wire::NodeRecord self = record();
    self.host = host_name();
    self.pid = static_cast<std::uint32_t>(::getpid());
    self.started_at_ms = unix_ms();
    const auto reply = [this](transport::Peer peer, std::string frame) {
        if (router_) (void)router_->send_to(peer, std::move(frame));
    };
    membership_ = value_or_throw(discovery::Membership::open(control_, std::move(joining), std::move(self), reply));
    membership_->directory().observe([this](const discovery::Change& change) {
        if (change.kind == discovery::Change::Kind::gone) part_from(change.node, change.draining);
    });
    if (router_monitor_)
        control_.add(*router_monitor_, [this](std::span<const transport::LinkEvent> events) {
            membership_->on_events(events);
            server_->on_events(events);
        });
}

Result<void> Node::Core::host(const std::shared_ptr<ServedService>& service, const Json& config) {
    if (!server_) return Status{"not_allowed"}.set_info("this node only calls; it was made with hosts = false");
    const std::lock_guard lock{hosting_mutex_};
    Hosted& hosted = *service->hosted;
    const std::string name{hosted.core().name()};
    auto own = host_for(name, config);
    if (!own) return std::move(own).error();
    if (auto added = server_->add(service); !added) return added;
    // What cannot be announced would never be found.
    if (auto announced = wire::encode(record()); !announced) {
        server_->remove(name);
        return std::move(announced).error();
    }
    auto started = hosted.start(*std::move(own));
    if (!started) server_->remove(name);
    announce();
    return started;
}

Result<ServiceHost> Node::Core::host_for(std::string_view service, const Json& config) {
    ServiceHost host;
    host.config = options_.config.part(service);
    if (auto given = host.config.set(ConfigLayer::start, config); !given) return std::move(given).error();
    host.node_store = &store_;
    host.hosting = this;
    host.node = id_;
    host.node_name = options_.name;
    host.offers = [this] { return offers(); };
    host.changed = [this] { announce(); };
    host.events = events_;
    return host;
}

void Node::Core::offer(OfferedPlugin plugin) {
    const std::lock_guard lock{offers_mutex_};
    offers_.push_back(std::move(plugin));
}

std::vector<OfferedPlugin> Node::Core::offers() const {
    const std::lock_guard lock{offers_mutex_};
    return offers_;
}

void Node::Core::announce() {
    const std::lock_guard lock{announce_mutex_}; // the last record is the newest
    membership_->update(record());
}

wire::NodeRecord Node::Core::record() const {
    wire::NodeRecord record;
    record.id = id_;
    record.name = options_.name;
    record.cluster = options_.cluster;
    record.draining = draining_;
    if (!endpoint_.empty()) record.endpoints.push_back(endpoint_);
    if (!server_) return record;
    record.load = server_->load();
    for (const auto& service : server_->all())
        if (service->hosted->reach() == Reach::mesh) record.services.push_back(record_of(*service->hosted));
    return record;
}

std::shared_ptr<ServedService> Node::Core::find_local(std::string_view service) const {
    return server_ ? server_->find(service) : nullptr;
}

void Node::Core::wait_for_change(std::uint64_t version, Deadline until) {
    const auto& directory = membership_->directory();
    (void)directory.wait([&](const discovery::Directory&) { return directory.version() != version; }, until);
}

void Node::Core::for_each_service(const Visit& visit) const {
    if (!server_) return;
    for (const auto& service : server_->all())
        if (ServiceControl* control = service->hosted->control(); control && service->hosted->reach() != Reach::named)
            visit(service->hosted->core().name(), *control);
}

} // namespace malla
