// SPDX-License-Identifier: Apache-2.0
#include "cli/session.hpp"

#include "cli/line_writer.hpp"
#include "cli/nearest.hpp"
#include "cli/terminal.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include <unistd.h>

namespace malla::cli {

namespace {

using namespace std::chrono_literals;

// How long a command that only looks waits for an endpoint that was named.
constexpr Clock::duration look_limit = 3s;
// A caller is told that it waits after so long.
constexpr Clock::duration patience = 1s;
// Between two looks at instances that rest.
constexpr Clock::duration between = 50ms;

std::optional<std::string> nearest_service(const Node& node, const std::string& service) {
    std::set<std::string> names;
    for (const auto& instance : node.instances()) names.insert(instance.service);
    if (auto near = nearest(service, std::vector<std::string>{names.begin(), names.end()})) return near;
    const auto without_callback = service.substr(0, service.rfind('.'));
    return names.contains(without_callback) ? std::optional{without_callback} : std::nullopt;
}

bool is_of(const InstanceView& instance, const VersionRange& version) {
    const auto its = VersionRange::parse(instance.version);
    return its && version.contains(*its);
}

bool is_on(const std::vector<InstanceView>& instances, const std::string& node) {
    return std::ranges::any_of(instances, [&](const auto& each) { return is_meant(each, node); });
}

/// When `on` is neither the name nor the id of a node.
std::optional<std::string> why_no_node(const Node& node, const std::string& on) {
    std::vector<std::string> names;
    for (const auto& each : node.nodes()) {
        if (each.name == on || each.id.text() == on) return std::nullopt;
        names.push_back(each.name);
    }
    if (on.empty() || names.empty()) return std::nullopt;
    const auto near = nearest(on, names);
    return "there is no node " + on + "; " +
           (near ? "did you mean " + *near + '?' : "`malla nodes` shows which there are");
}

void say_that_it_waits(const Node& node, const std::string& service, const std::string& on, const VersionRange& version,
                       Format format) {
    std::string text = "waiting for " + service;
    const auto instances = node.instances_of(service);
    if (on.empty() && !instances.empty() &&
        std::ranges::none_of(instances, [&](const auto& each) { return is_of(each, version); }))
        text += ", which nobody serves in that version";
    else if (on.empty()) text += instances.empty() ? ", which nobody serves yet" : ", which takes no calls now";
    else if (is_on(instances, on)) text += " on node " + on + ", where it takes no calls now";
    else text += " on node " + on + ", which does not serve it yet";
    if (const auto no_node = why_no_node(node, on)) text += "; " + *no_node;
    else if (const auto near = nearest_service(node, service); instances.empty() && near) text += "; there is " + *near;
    else if (!instances.empty() && !on.empty() && !is_on(instances, on))
        text += "; `malla info " + service + "` shows who does";
    if (format == Format::json) text = *Json::object({{"waiting_for", service}, {"info", text}}).dump();
    (void)write_all(STDERR_FILENO, text + '\n');
}

// Of those that were named: it is said once, when the command goes on without them.
void say_who_is_missing(const Node& node, const Common& common) {
    if (common.quiet) return;
    const auto places = node.rendezvous();
    const bool any_joined = std::ranges::any_of(places, [](const auto& each) { return !each.hindrance; });
    for (const auto& [endpoint, named, hindrance] : places) {
        if (!named || !hindrance) continue;
        std::string text = hindrance->info() + (any_joined ? "; going on with what the others tell" : "");
        if (common.mesh.format == Format::json)
            text = *Json::object({{"not_joined", endpoint}, {"info", hindrance->info()}}).dump();
        (void)write_all(STDERR_FILENO, harmless(text, false) + '\n');
    }
}

// Why a service is not found, the likeliest first.
std::string likely_causes(std::size_t nodes) {
    if (nodes == 0)
        return "no node is known. Most likely (1) none runs: `malla run` and `malla serve` start one; (2) it was given "
               "another --broker, --peer, --loopback or --cluster than this command; (3) it cannot be reached: "
               "`malla doctor` says why";
    return (nodes == 1 ? "1 node is" : std::to_string(nodes) + " nodes are") +
           " known and none serves it. Most likely (1) its program does not run or has just ended; (2) it was given "
           "another --broker, --peer, --loopback or --cluster than this command; (3) it has another name: `malla ls` "
           "shows what is there";
}

bool has_callback(const InstanceView& instance, const std::string& callback) {
    return std::ranges::find(instance.callbacks, callback, &CallbackView::name) != instance.callbacks.end();
}

std::optional<InstanceView> instance_on(const Node& node, const Target& target, const std::string& on,
                                        const VersionRange& version) {
    std::optional<InstanceView> found;
    for (auto& instance : node.instances_of(target.service)) {
        if (!is_meant(instance, on) || instance.status != RunningStatus::running || !is_of(instance, version)) continue;
        found = std::move(instance);
        if (has_callback(*found, target.callback)) break;
    }
    return found;
}

/// Why nobody runs the callback, where those have it that take no calls now.
std::optional<Status> why_resting(const Node& node, const Target& target, const std::string& on,
                                  const VersionRange& version) {
    for (const auto& instance : node.instances_of(target.service)) {
        if (!is_meant(instance, on) || instance.status == RunningStatus::running || !is_of(instance, version)) continue;
        if (!has_callback(instance, target.callback)) continue;
        const bool pauses = instance.status == RunningStatus::paused || instance.status == RunningStatus::pausing;
        const bool drains = instance.status == RunningStatus::draining;
        return Status{pauses   ? "paused"
                      : drains ? "draining"
                               : "service_not_available",
                      target.service}
            .set_info("Service '" + target.service + "' is " + std::string{name_of(instance.status)} + " on node " +
                      instance.node_name + ", and no other one has " + target.callback);
    }
    return std::nullopt;
}

} // namespace

bool is_meant(const InstanceView& instance, const std::string& on) {
    return on.empty() || instance.node_name == on || instance.node.text() == on;
}

NodeOptions node_options(const Common& common, bool hosts, const HostOptions& host) {
    NodeOptions options;
    options.name = host.name;
    if (!host.bind.empty()) options.bind = host.bind;
    options.advertise = host.advertise;
    options.hosts = hosts;
    options.brokers = common.mesh.brokers;
    options.peers = common.mesh.peers;
    options.loopback = common.mesh.loopback;
    options.cluster = common.mesh.cluster;
    options.credentials = common.mesh.credentials;
    options.insecure = common.mesh.insecure;
    options.timeout = common.mesh.timeout;
    return options;
}

Deadline look_deadline(const Common& common) { return Deadline::in(std::min(common.mesh.timeout, look_limit)); }

Result<std::unique_ptr<Node>> look_around(const Common& common) {
    auto node = std::make_unique<Node>(node_options(common, false));
    if (auto joined = node->wait_for_mesh(look_deadline(common)); !joined) return std::move(joined).error();
    say_who_is_missing(*node, common);
    return node;
}

Result<InstanceView> wait_for_instance(Node& node, const Target& target, const std::string& on,
                                       const VersionRange& version, const Common& common, bool no_wait,
                                       Deadline deadline) {
    const std::string& service = target.service;
    bool told = false;
    const Deadline patient = std::min(deadline, Deadline::in(patience));
    if (no_wait) {
        auto joined = node.wait_for_mesh(std::min(deadline, look_deadline(common)));
        if (!joined) return std::move(joined).error();
        say_who_is_missing(node, common);
    }
    while (true) {
        auto there = node.wait_for(service, no_wait ? Deadline{Clock::now()} : told ? deadline : patient, on, version);
        if (auto instance = there ? instance_on(node, target, on, version) : std::nullopt) {
            if (has_callback(*instance, target.callback)) return *std::move(instance);
            // Another one may have it, of which this node has not heard yet.
            (void)node.wait_for_mesh(patient);
            auto heard = instance_on(node, target, on, version);
            const auto resting = why_resting(node, target, on, version);
            if (heard && (has_callback(*heard, target.callback) || !resting)) return *std::move(heard);
            if (resting) there = *resting;
            if (resting && !no_wait) std::this_thread::sleep_for(between);
        }
        // Waiting does not make credentials better.
        if (const auto joined = node.wait_for_mesh(Deadline{Clock::now()});
            !there && !joined && joined.error().exit_code() == ExitCode::refused)
            return joined.error();
        if (!there && (no_wait || deadline.passed(Clock::now())))
            return no_such_service(node, service, std::move(there).error(), on);
        if (!told && patient.passed(Clock::now())) {
            if (!common.quiet) say_that_it_waits(node, service, on, version, common.mesh.format);
            say_who_is_missing(node, common);
            told = true;
        }
    }
}

Result<std::string> description_of(const InstanceView& instance, const std::string& callback) {
    std::vector<std::string> names;
    for (const auto& each : instance.callbacks) {
        if (each.name == callback) return each.description;
        names.push_back(each.name);
    }
    Status unknown{"request_op_unknown", callback};
    std::string info = unknown.info() + "; " + instance.service + " has ";
    for (const auto& name : names) info += (name == names.front() ? "" : ", ") + name;
    unknown.set_info(std::move(info));
    if (const auto near = nearest(callback, names))
        unknown.set_data("hint", "did you mean " + instance.service + '.' + *near + '?');
    return unknown;
}

Result<CallbackDescription> wait_for_callback(Node& node, const Target& target, const std::string& on,
                                              const VersionRange& version, const Common& common, bool no_wait,
                                              Deadline deadline) {
    const auto instance = wait_for_instance(node, target, on, version, common, no_wait, deadline);
    if (!instance) return instance.error();
    const auto description = description_of(*instance, target.callback);
    if (!description) return description.error();
    return CallbackDescription::parse(*description);
}

Status no_such_service(const Node& node, const std::string& service, Status why, const std::string& on) {
    if (why.exit_code() != ExitCode::not_run || why.id() == "wrong_cluster") return why;
    const auto instances = node.instances_of(service);
    const auto near = nearest_service(node, service);
    const std::string shows = "`malla info " + service + "` shows ";
    if (auto no_node = why_no_node(node, on)) why.set_data("hint", *std::move(no_node));
    else if (instances.empty() && near) why.set_data("hint", "did you mean " + *near + '?');
    else if (instances.empty()) why.set_data("hint", likely_causes(node.nodes().size()));
    else if (!on.empty() && !is_on(instances, on))
        why.set_data("hint", "node " + on + " does not serve it; " + shows + "who does");
    else if (why.data().contains("versions")) why.set_data("hint", shows + "the versions");
    else if (why.id() == "service_not_available")
        why.set_data("hint",
                     shows + "its status; `malla resume " + service + "` lets it take calls again after a stop");
    return why;
}

} // namespace malla::cli
