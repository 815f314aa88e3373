// SPDX-License-Identifier: Apache-2.0
#include "cli/connects.hpp"
#include "cli/console.hpp"
#include "cli/exit.hpp"
#include "cli/hints.hpp"
#include "cli/histogram.hpp"
#include "cli/round_trip.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "malla/base/error.hpp"
#include "malla/base/version.hpp"
#include "malla/discovery/timing.hpp"
#include "malla/transport/endpoint.hpp"
#include "malla/transport/port_holder.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace malla::cli {

namespace {

constexpr rlim_t few_descriptors = 1024;

std::string advice_for(const Status& why) {
    if (const auto hint = why.data().find("hint"); hint != why.data().end()) return hint->second;
    const std::string advice = hint_for(why);
    return advice.empty() ? "`malla doctor -v` logs what it does" : advice;
}

/// What was found, and the code that it comes to.
class Findings {
public:
    void good(std::string_view check, std::string text) { add(check, "ok", std::move(text), {}); }
    void doubt(std::string_view check, std::string text, std::string advice) {
        add(check, "warning", std::move(text), std::move(advice));
    }
    void bad(std::string_view check, const Status& why) {
        add(check, "failure", why.info(), advice_for(why));
        if (code_ == 0) code_ = exit_code(why);
    }

    [[nodiscard]] int print_all(const Common& common) const {
        const Terminal terminal = terminal_of(STDOUT_FILENO, process_environment());
        if (!is_for_people(common.mesh.format, terminal.is_terminal)) {
            Listing listing{{}};
            for (const Json& row : rows_) listing.add(row);
            return print(listing.text(common.mesh.format, terminal));
        }
        std::string text;
        for (const Json& row : rows_) {
            text += row.find("verdict")->as_string() + ": " + row.find("check")->as_string() + ": " +
                    harmless(row.find("text")->as_string(), false) + '\n';
            if (const Json* advice = row.find("advice")) text += "    " + harmless(advice->as_string(), false) + '\n';
        }
        return print(text);
    }
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    void add(std::string_view check, const char* verdict, std::string text, std::string advice) {
        Json row = Json::object({{"check", check}, {"verdict", verdict}, {"text", std::move(text)}});
        if (!advice.empty()) row.set("advice", std::move(advice));
        rows_.push_back(std::move(row));
    }

    std::vector<Json> rows_;
    int code_ = 0;
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

void look_at_this_program(Findings& findings) {
    findings.good("version", "malla " + std::string{library_version()});
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::string text = std::to_string(limit.rlim_cur) + " descriptors for each process";
    if (limit.rlim_cur >= few_descriptors) findings.good("descriptors", text);
    else findings.doubt("descriptors", text, "a large mesh takes more: ulimit -n 4096");
}

bool others_may_read(const std::string& file) {
    using std::filesystem::perms;
    std::error_code ignored;
    const auto may = std::filesystem::status(file, ignored).permissions();
    return !ignored && (may & (perms::group_read | perms::others_read)) != perms::none;
}

void look_at_credentials(Findings& findings, const MeshOptions& mesh) {
    const auto& files = mesh.credentials;
    const std::string& own = files.secret.empty() ? files.key : files.secret;
    if (own.empty()) {
        std::vector<std::string> far;
        for (const auto* list : {&mesh.brokers, &mesh.peers})
            std::ranges::copy_if(*list, std::back_inserter(far),
                                 [](const auto& each) { return !transport::is_loopback(each); });
        if (far.empty())
            findings.good("credentials",
                          "none: every user of this machine may call and operate what is bound to loopback");
        else
            findings.doubt(
                "credentials", "none, and " + joined(far) + " is not on this machine: nothing is encrypted",
                "`malla keygen --secret FILE`, then --secret-file FILE on every node; see the security guide");
        return;
    }
    if (auto loaded = transport::load_credentials(files); !loaded) return findings.bad("credentials", loaded.error());
    if (others_may_read(own)) findings.doubt("credentials", own + " may be read by other users", "chmod 600 " + own);
    else findings.good("credentials", own + " can be used: everything is encrypted");
}

std::string meeting_place(const MeshOptions& mesh) {
    std::vector<std::string> places = mesh.brokers;
    places.insert(places.end(), mesh.peers.begin(), mesh.peers.end());
    return places.empty() ? mesh.loopback : joined(places);
}

/// What to do about a process that takes connections and says nothing.
std::string wake(const std::string& pid) {
    return "is its process stopped? `ps -o stat= -p " + pid + "` says T then, and `kill -CONT " + pid +
           "` has it go on; one that hangs has to be started again";
}

/// Why nobody answers at an endpoint, as far as this machine can tell.
Status why_silent(const std::string& endpoint, Status why, const Common& common) {
    if (why.id() != "endpoint_unreachable" || !takes_connections(endpoint, look_deadline(common))) return why;
    const std::string holder = transport::is_loopback(endpoint) ? transport::port_holder(endpoint) : std::string{};
    why.set_info((holder.empty() ? "somebody" : holder) + " holds " + endpoint +
                 " and does not answer as a Malla node or broker does");
    return std::move(why.set_data("hint",
                                  "is that a node or broker that is stopped or hangs, then `kill -CONT PID` or a "
                                  "new start helps; is it another program, then name another endpoint"));
}

/// A line for each; false when none lets this node in.
bool look_at_places(Findings& findings, const Node& node, bool joined, const Common& common) {
    bool any = false;
    for (const auto& [endpoint, named, hindrance] : node.rendezvous()) {
        if (!hindrance) any = true;
        if (!named && (!hindrance || !takes_connections(endpoint, look_deadline(common)))) any = true;
        else if (!hindrance) findings.good("endpoint", endpoint + " answers");
        else if (const Status why = why_silent(endpoint, *hindrance, common);
                 joined && named && why.id() == "endpoint_unreachable")
            findings.doubt("endpoint", why.info(), advice_for(why));
        else findings.bad("endpoint", why);
    }
    return any;
}

std::string advice_for_silent(const NodeView& node, const Status& why, Clock::duration timeout) {
    if (why.exit_code() == ExitCode::refused) return advice_for(why);
    if (takes_connections(node.endpoint, Deadline::in(timeout)))
        return "it takes connections; on " + node.host + ": " + wake(std::to_string(node.pid));
    return "its address must be reachable from here: --advertise tells another one";
}

void look_at_nodes(Findings& findings, Node& node, Clock::duration timeout) {
    std::map<std::string, int> names;
    for (const auto& each : node.nodes()) {
        if (each.endpoint.empty()) continue;
        ++names[each.name];
        const std::string who = each.name + " at " + each.endpoint;
        const auto took = round_trip(node, each, timeout);
        if (took) findings.good("node", who + " answers, " + short_time(*took));
        else
            findings.bad("node", Status{took.error()}
                                     .set_info(who + " does not answer: " + took.error().info())
                                     .set_data("hint", advice_for_silent(each, took.error(), timeout)));
    }
    for (const auto& [name, count] : names)
        if (count > 1)
            findings.doubt("node", std::to_string(count) + " nodes have the name " + name,
                           "--on takes either of them: start them with names of their own");
}

std::string advice_for_resting(const InstanceView& instance) {
    using enum RunningStatus;
    const std::string& service = instance.service;
    if (instance.status == draining) return "its node is about to stop: it needs another instance";
    if (instance.status == starting) return "`malla ready " + service + "` waits until it takes calls";
    if (instance.status == failed) return "`malla info " + service + "` shows its last error; it is tried again";
    return "`malla resume " + service + " --on " + instance.node_name + "` lets it take calls again";
}

void look_at_services(Findings& findings, const Node& node) {
    std::map<std::string, std::set<std::uint64_t>> kinds; // by service and version
    for (const auto& each : node.instances()) {
        kinds[each.service + ' ' + each.version].insert(each.hash);
        if (each.stale || each.status == RunningStatus::running) continue;
        findings.doubt("service", each.service + " on " + each.node_name + " is " + std::string{name_of(each.status)},
                       advice_for_resting(each));
    }
    for (const auto& [name, hashes] : kinds)
        if (hashes.size() > 1)
            findings.doubt("service", "instances of " + name + " differ in code, plugins or configuration",
                           "callers may get either: give them versions of their own, or the same configuration");
}

void look_at_mesh(Findings& findings, const Common& common) {
    const auto begin = Clock::now();
    Node node{node_options(common, false)};
    const auto joined = node.wait_for_mesh(look_deadline(common));
    const std::string heard_after = short_time(Clock::now() - begin);
    if (!look_at_places(findings, node, joined.has_value(), common)) return;
    const auto nodes = node.nodes();
    const std::string where = " at " + meeting_place(common.mesh) + " in cluster " + common.mesh.cluster;
    if (nodes.empty()) {
        findings.doubt(
            "mesh", "there is no node" + where,
            "start one: `malla run FILE.so`, or `malla serve SERVICE.CALLBACK --exec COMMAND`; one that runs "
            "has another --broker, --peer, --loopback or --cluster");
        return;
    }
    const auto stale = std::ranges::count_if(nodes, &NodeView::stale);
    const std::string text = std::to_string(nodes.size()) + (nodes.size() == 1 ? " node" : " nodes") + where +
                             ", heard of after " + heard_after;
    if (stale == 0) findings.good("mesh", text);
    else
        findings.doubt("mesh", text + "; " + std::to_string(stale) + " not heard of lately",
                       "they meet at a rendezvous that is away: start it again");
    look_at_nodes(findings, node, common.mesh.timeout);
    look_at_services(findings, node);
}

} // namespace

int run(const DoctorCommand&, const Common& common) {
    Findings findings;
    look_at_this_program(findings);
    look_at_credentials(findings, common.mesh);
    const discovery::Timing timing;
    findings.good("bounds", "a lost connection is tried for " + duration_text(timing.probe_limit) +
                                ", a silent node is taken for dead after " + duration_text(timing.lease()));
    try {
        if (findings.code() == 0) look_at_mesh(findings, common);
    } catch (const Error& error) {
        findings.bad("mesh", error.status());
    }
    const int printed = findings.print_all(common);
    return printed != 0 ? printed : findings.code();
}

} // namespace malla::cli
