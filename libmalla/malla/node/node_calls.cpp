// SPDX-License-Identifier: Apache-2.0
// The calls of a node: which instances there are for one, and those that stay on this node.
#include "malla/codec/signature.hpp"
#include "malla/node/admin.hpp"
#include "malla/node/node_core.hpp"
#include "malla/node/records.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <set>

namespace malla {

namespace {

/// Whether a callback that reads binary bodies means others than the caller. 0: it reads none.
bool differ(const Request& request, std::uint64_t types) noexcept {
    return request.types && types != 0 && types != request.types->fingerprint;
}

/// The instances of a service, by how they announce one callback.
struct ByCallback {
    std::vector<Instance> having;
    std::vector<Instance> differing;
    std::vector<Instance> others; ///< they do not announce it
    bool others_may_have = false; ///< some of these announce nothing at all

    void add(const wire::NodeRecord& node, const wire::ServiceRecord& service, const Request& request) {
        Instance instance{node.id, node.name, node.endpoints.front(), true, node.load};
        const wire::CallbackRecord* callback = callback_of(service, request.callback);
        instance.has_callback = callback || request.callback.empty();
        instance.reads_binary = callback && callback->types != 0;
        instance.types_differ = callback && differ(request, callback->types);
        if (instance.types_differ) instance.has_callback = false; // so that one that is yet to be heard of comes first
        if (!callback) others_may_have = others_may_have || service.callbacks.empty();
        auto& list = instance.types_differ ? differing : instance.has_callback ? having : others;
        list.push_back(std::move(instance));
    }
    [[nodiscard]] std::vector<Instance> best() && {
        if (!having.empty()) return std::move(having);
        return std::move(differing.empty() || others_may_have ? others : differing);
    }
};

/// Whether the own instance has no advantage.
bool chooses_among_all(const CallOptions& options) { return options.key || options.balance != Balance::random; }

Status why_no_version(std::string_view service, const VersionRange& wanted, const std::set<Version>& others) {
    std::string versions;
    for (const Version& version : others) versions += (versions.empty() ? "" : ", ") + version.text();
    Status status{"service_not_available", service};
    status.set_info("Service '" + std::string{service} + "' is not there in version " + wanted.text() + ", but in " +
                    versions);
    return std::move(status.set_data("versions", versions));
}

std::string signature(const Request& request, const std::string& description) {
    const auto described = Json::parse(description);
    return codec::signature_text(request.service + '.' + request.callback, described ? *described : Json{});
}

Status why_types_differ(const Request& request, const wire::NodeRecord& node, const wire::CallbackRecord& offered) {
    const std::string name = request.service + '.' + request.callback;
    const std::string expected = signature(request, request.types->description);
    const std::string found = signature(request, offered.description);
    Status status{"types_differ", name};
    status.set_info("The types of callback '" + name + "' differ: the caller means " + expected + ", and node '" +
                    node.name + "' offers " + found);
    return std::move(status.set_data("expected", expected).set_data("offered", found).set_data("node", node.name));
}

} // namespace

bool Node::Core::hear_mesh(Deadline until) {
    if (hearing_until_.passed(Clock::now())) return true; // without a lock, as each call by key asks
    return membership_->wait_heard(std::min(until, hearing_until_)) || hearing_until_.passed(Clock::now());
}

std::vector<Instance> Node::Core::instances(const Request& request) {
    const CallOptions& options = request.options;
    std::vector<Instance> found = find_instances(request);
    if (options.key) {
        order_by_key(found, *options.key);
    } else if (options.balance == Balance::least_busy) {
        prefer_less_busy(found, [this](const Instance& instance) -> std::size_t {
            if (instance.node == id_) return server_ ? server_->load() : 0;
            const auto channel = find_channel(instance.node);
            return channel ? channel->load() : 0;
        });
    }
    circuits_.mark(found, request.service);
    if (any_silent_.load(std::memory_order_relaxed)) [[unlikely]]
        prefer_heard(found);
    return found;
}

// One that is silent is called when there is no other.
void Node::Core::prefer_heard(std::vector<Instance>& instances) {
    const auto silent = [this](const Instance& each) { return is_silent(each.node); };
    if (!std::ranges::all_of(instances, silent)) std::erase_if(instances, silent);
}

// The own node first, where it has an advantage, the rest in random order.
std::vector<Instance> Node::Core::find_instances(const Request& request) {
    static thread_local std::mt19937_64 random{std::random_device{}()};
    const CallOptions& options = request.options;
    const auto can_be_called = [&](const wire::NodeRecord& node) {
        return !node.endpoints.empty() && is_meant(node, options.on);
    };
    const NodeId first = chooses_among_all(options) ? NodeId{} : id_;
    return membership_->directory().read([&](const discovery::Directory& directory) {
        ByCallback found;
        if (request.service == admin::Api::name())
            directory.for_each([&](const wire::NodeRecord& node) {
                if (can_be_called(node)) found.having.push_back({node.id, node.name, node.endpoints.front()});
            });
        for (const wire::NodeRecord* node : directory.nodes_of(request.service, random, first)) {
            const wire::ServiceRecord* service = service_of(*node, request.service);
            if (!service || !can_be_called(*node) || !options.version.contains(service->version)) continue;
            found.add(*node, *service, request);
        }
        return std::move(found).best();
    });
}

Status Node::Core::why_unavailable(const Request& request) {
    const VersionRange& wanted = request.options.version;
    std::set<Version> others;
    const auto known = membership_->directory().read([&](const discovery::Directory& directory) {
        std::optional<Status> reason;
        std::optional<Status> differing;
        directory.for_each([&](const wire::NodeRecord& node) {
            const wire::ServiceRecord* service = service_of(node, request.service);
            if (!service || !is_meant(node, request.options.on)) return;
            if (!wanted.contains(service->version)) others.insert(service->version);
            else if (auto why = why_not_callable(node, *service)) reason = std::move(why);
            else if (const auto* callback = callback_of(*service, request.callback);
                     callback && differ(request, callback->types))
                differing = why_types_differ(request, node, *callback);
        });
        return differing ? differing : reason;
    });
    if (known) return *known;
    if (!others.empty()) return why_no_version(request.service, wanted, others);
    if (auto joined = membership_->wait_joined(Deadline{Clock::now()}); !joined)
        return std::move(joined).error().set_outcome(Outcome::not_run);
    return Status{"service_not_available", request.service};
}

bool Node::Core::declared_idempotent(std::string_view service, std::string_view callback) {
    const auto descriptions = membership_->directory().read([&](const discovery::Directory& directory) {
        std::vector<std::string> found;
        directory.for_each([&](const wire::NodeRecord& node) {
            for (const auto& each : node.services)
                if (each.name == service)
                    for (const auto& known : each.callbacks)
                        if (known.name == callback) found.push_back(known.description);
        });
        return found;
    });
    const auto says_so = [](const std::string& description) {
        const auto json = Json::parse(description);
        const Json* idempotent = json ? json->find("idempotent") : nullptr;
        return idempotent && *idempotent == Json{true};
    };
    return !descriptions.empty() && std::ranges::all_of(descriptions, says_so);
}

// The service that takes the call on this thread, if it is one of this node.
std::shared_ptr<ServedService> Node::Core::own_choice(const Request& request) {
    const CallOptions& options = request.options;
    if (!options.on.empty() && options.on != options_.name && options.on != id_.text()) return nullptr;
    auto local = find_local(request.service);
    const auto callback = local ? local->find(request.callback) : std::nullopt;
    if (!callback || !local->hosted->core().open() || draining_) return nullptr;
    if (request.types && local->hosted->reach() == Reach::mesh && !local->means(*callback, *request.types))
        return nullptr;
    if (!options.version.contains(local->hosted->core().version())) return nullptr;
    if (!chooses_among_all(options) || local->hosted->reach() != Reach::mesh) return local;
    if (options.key) (void)hear_mesh(options.deadline.value_or(Deadline::in(options_.timeout)));
    const auto all = instances(request);
    return all.empty() || all.front().node == id_ ? local : nullptr;
}

Result<Returned> Node::Core::call(Request request) {
    if (const auto local = own_choice(request)) {
        auto result = call_local(*local, request);
        if (result || !may_go_elsewhere(*local, result.error())) return result;
    }
    return call_remote(std::move(request));
}

bool Node::Core::may_go_elsewhere(const ServedService& local, const Status& refusal) {
    return refusal.outcome() == Outcome::not_run && refusal.id() != "expired" && refusal.id() != "cancelled" &&
           local.hosted->reach() == Reach::mesh;
}

Result<Returned> Node::Core::call_remote(Request request) {
    CallState state{*this, std::move(request)};
    state.begin();
    state.wait(Deadline{Clock::time_point::max()});
    return std::move(state.outcome());
}

Result<void> Node::Core::send(Request request) {
    request.one_way = true;
    const auto local = find_local(request.service);
    const bool only_here = local && local->hosted->reach() == Reach::local;
    const auto handed = only_here ? call(std::move(request)) : call_remote(std::move(request));
    if (handed || (only_here && handed.error().outcome() != Outcome::not_run)) return {};
    return handed.error();
}

// A status of the instance is heard here whatever its outcome is; the end of a connection is heard elsewhere.
void Node::Core::heard(const Request& request, NodeId node, const Status* failure) {
    const bool busy = failure && failure->outcome() == Outcome::not_run && failure->id() == "busy";
    const bool lost = failure && failure->outcome() == Outcome::unknown;
    if (busy || lost) budgets_.failed(request.service);
    else if (!failure || failure->outcome() == Outcome::answered) budgets_.succeeded(request.service);
    if (!lost) circuits_.answered(node, request.service, busy, Clock::now());
}

Result<Returned> Node::Core::call_local(ServedService& service, const Request& request) {
    if (const auto trace = OutgoingTrace::begin(request.service, request.callback, request.options.traceparent))
        [[unlikely]] {
        auto result = call_local(service, request, trace.get());
        trace->end(result ? nullptr : &result.error());
        return result;
    }
    return call_local(service, request, nullptr);
}

Result<Returned> Node::Core::call_local(ServedService& service, const Request& request, const OutgoingTrace* trace) {
    const auto callback = service.find(request.callback);
    if (!callback) return Status{"request_op_unknown", request.callback};
    const Deadline deadline =
        std::min(request.options.deadline.value_or(Deadline::in(options_.timeout)), current_deadline());
    LocalEntry entry{service.hosted->core(), deadline};
    if (!entry.entered()) return entry.refusal();
    CallInfo info;
    info.id = RequestId{id_, next_call_number()};
    info.root = current_root();
    info.caller = id_;
    info.caller_name = options_.name;
    info.may_administer = true;
    info.deadline = deadline;
    TraceContext::Text text;
    info.traceparent = traceparent_of(request.options, trace, text);
    for (const auto& [key, value] : request.options.metadata) info.metadata.emplace_back(key, value);
    if (info.deadline.passed(Clock::now())) return Status{"expired"};
    std::string body;
    auto run = service.run(*callback, request.callback, request.content, request.body, entry.gate(), info, body);
    if (!run) return std::move(run).error();
    return Returned{std::move(body)};
}

} // namespace malla
