// SPDX-License-Identifier: Apache-2.0
#include "malla/node/node.hpp"

#include "malla/node/node_core.hpp"
#include "malla/node/remote.hpp"
#include "malla/node/stop_signal.hpp"
#include "malla/node/watch_loop.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>

namespace malla {

namespace {

std::string text_of(const Version& version) { return version.text(); }

NodeView view_of(const wire::NodeRecord& record) {
    NodeView view{record.id,
                  record.name,
                  record.cluster,
                  record.host,
                  record.pid,
                  record.endpoints.empty() ? std::string{} : record.endpoints.front(),
                  static_cast<std::int64_t>(record.started_at_ms),
                  record.load,
                  false,
                  {}};
    for (const auto& service : record.services) view.services.push_back(service.name);
    return view;
}

InstanceView view_of(const wire::NodeRecord& node, const wire::ServiceRecord& service) {
    InstanceView view{service.name,
                      text_of(service.version),
                      node.draining ? RunningStatus::draining : service.status,
                      service.admin_status,
                      service.concurrent,
                      node.id,
                      node.name,
                      node.load,
                      false,
                      service.content_hash,
                      {}};
    for (const auto& callback : service.callbacks) view.callbacks.push_back({callback.name, callback.description});
    return view;
}

Request json_request(std::string_view service, std::string_view callback, std::string_view arguments,
                     const CallOptions& options) {
    Request request;
    request.service = service;
    request.callback = callback;
    request.content = wire::Content::json;
    request.body = arguments;
    request.options = options;
    return request;
}

Result<std::string> text_of_body(std::string_view body) { return std::string{body}; }

} // namespace

namespace detail {

Result<Returned> call(Node& node, Request request) { return node.core().call(std::move(request)); }

Result<std::vector<NodeResult<Returned>>> call_all(Node& node, Request request) {
    return node.core().call_all(std::move(request));
}

Result<void> send(Node& node, Request request) { return node.core().send(std::move(request)); }

std::unique_ptr<CallState> begin(Node& node, Request request) {
    auto state = std::make_unique<CallState>(node.core(), std::move(request));
    state->begin();
    return state;
}

std::unique_ptr<ValueSource> stream(Node& node, Request request) { return node.core().stream(std::move(request)); }

} // namespace detail

Node::Node(NodeOptions options) : core_{std::make_unique<Core>(*this, std::move(options))} {}

Node::~Node() = default;

NodeId Node::id() const noexcept { return core_->id(); }
const std::string& Node::name() const noexcept { return core_->options().name; }
std::string Node::broker_to(NodeId node) const { return core_->ways().broker_to(node).value_or(std::string{}); }
const std::string& Node::endpoint() const noexcept { return core_->endpoint(); }

Result<void> Node::host(std::unique_ptr<Hosted> service, const Json& config) {
    return core_->host(std::make_shared<ServedService>(std::move(service), std::nullopt), config);
}

Result<void> Node::load(const std::filesystem::path& file) {
    auto module = Module::load(file, {Manifest::Kind::service, Manifest::Kind::plugin});
    if (!module) return std::move(module).error();
    if (const PluginType* plugin = module->plugin()) {
        offer({plugin, std::make_shared<Module>(std::move(*module))});
        return {};
    }
    auto hosted = module->create();
    return core_->host(std::make_shared<ServedService>(std::move(hosted), std::move(*module)), Json::object());
}

void Node::offer(OfferedPlugin plugin) { core_->offer(std::move(plugin)); }

Result<std::string> Node::call(std::string_view service, std::string_view callback, std::string_view arguments,
                               const CallOptions& options) {
    auto returned = core_->call(json_request(service, callback, arguments, options));
    if (!returned) return std::move(returned).error();
    return std::string{returned->body()};
}

Future<std::string> Node::async(std::string_view service, std::string_view callback, std::string_view arguments,
                                const CallOptions& options) {
    return {detail::begin(*this, json_request(service, callback, arguments, options)), &text_of_body};
}

RemoteStream<std::string> Node::stream(std::string_view service, std::string_view callback, std::string_view arguments,
                                       const CallOptions& options) {
    return {core_->stream(json_request(service, callback, arguments, options)), &text_of_body};
}

Result<std::vector<NodeResult<std::string>>> Node::call_all(std::string_view service, std::string_view callback,
                                                            std::string_view arguments, const CallOptions& options) {
    auto returned = core_->call_all(json_request(service, callback, arguments, options));
    if (!returned) return std::move(returned).error();
    return detail::decoded<std::string>(*std::move(returned), &text_of_body);
}

Result<void> Node::send(std::string_view service, std::string_view callback, std::string_view arguments,
                        const CallOptions& options) {
    return core_->send(json_request(service, callback, arguments, options));
}

Result<void> Node::wait_for_mesh(Deadline deadline) { return core_->membership().wait_joined(deadline); }

std::vector<RendezvousView> Node::rendezvous() const {
    std::vector<RendezvousView> views;
    for (auto& place : core_->membership().places())
        views.push_back({std::move(place.endpoint), place.named, std::move(place.hindrance)});
    return views;
}

Result<void> Node::wait_for(std::string_view service, Deadline deadline, std::string_view on,
                            const VersionRange& version) {
    Request request;
    request.service = service;
    request.options.on = on;
    request.options.version = version;
    while (true) {
        const auto seen = core_->directory_version();
        if (!core_->instances(request).empty()) return {};
        if (deadline.passed(Clock::now())) return core_->why_unavailable(request);
        core_->wait_for_change(seen, deadline);
    }
}

std::vector<NodeView> Node::nodes() const {
    const auto& shared = core_->membership().directory();
    auto views = shared.read([](const discovery::Directory& directory) {
        std::vector<NodeView> found;
        directory.for_each([&](const wire::NodeRecord& node) { found.push_back(view_of(node)); });
        return found;
    });
    for (auto& view : views) view.stale = shared.is_stale(view.id);
    std::ranges::sort(views, {}, [](const NodeView& view) { return std::pair{view.name, view.id}; });
    return views;
}

std::vector<InstanceView> Node::instances() const {
    const auto& shared = core_->membership().directory();
    auto views = shared.read([](const discovery::Directory& directory) {
        std::vector<InstanceView> found;
        directory.for_each([&](const wire::NodeRecord& node) {
            for (const auto& service : node.services) found.push_back(view_of(node, service));
        });
        return found;
    });
    for (auto& view : views) view.stale = shared.is_stale(view.node);
    std::ranges::sort(views, {}, [](const InstanceView& view) {
        return std::tuple{view.service, view.node_name, view.node};
    });
    return views;
}

std::vector<InstanceView> Node::instances_of(std::string_view service) const {
    auto views = instances();
    std::erase_if(views, [&](const InstanceView& view) { return view.service != service; });
    return views;
}

ConfigStore& Node::store() noexcept { return core_->store(); }

Watch Node::watch(ChangeHandler handler) const {
    const auto look = [this] { return Watch::Loop::Look{nodes(), instances()}; };
    return Watch{std::make_unique<Watch::Loop>(core_->membership().directory(), look, std::move(handler))};
}

Result<void> Node::publish(std::string_view topic, const Json& value) { return core_->publish(topic, value); }

void Node::send_held() { core_->send_held(); }

Result<void> Node::flush_events(Deadline deadline) { return core_->membership().sender()->flush(deadline); }

Result<Subscription> Node::subscribe(std::string_view pattern, EventHandler handler, const SubscribeOptions& options) {
    auto unreadable = std::make_shared<std::atomic<std::uint64_t>>(0);
    const auto decode = [unreadable, handle = std::move(handler)](discovery::ReceivedEvent event) {
        auto value = Json::parse(event.body);
        if (event.content != wire::Content::json || !value) return ++*unreadable, void();
        handle({std::move(event.topic), event.publisher, std::move(event.publisher_name), *std::move(value),
                event.dropped + unreadable->load()});
    };
    auto events = core_->membership().subscribe(pattern, {options.max_queued, options.max_queued_bytes}, decode);
    if (!events) return std::move(events).error();
    return Subscription{*std::move(events), std::move(unreadable)};
}

bool Node::holds_rendezvous() const { return core_->membership().holds_rendezvous(); }

int Node::run() { return run(StopSignal{}); }

int Node::run(const StopSignal& signal) {
    signal.wait(core_->end_wanted());
    stop();
    return 0;
}

void Node::stop() { core_->stop(); }

Node& node_of(const Starting& starting) noexcept {
    assert(starting.hosting);
    return static_cast<Node::Core&>(*starting.hosting).owner(); // the only kind there is
}

} // namespace malla
