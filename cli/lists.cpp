// SPDX-License-Identifier: Apache-2.0
// ls, nodes, info and describe: what the directory knows.
#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/remote.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace malla::cli {

namespace {

std::string time_text(std::int64_t unix_ms) {
    const std::time_t seconds = unix_ms / 1000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::string text(32, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
    return text;
}

/// By the clocks of two machines.
std::int64_t seconds_since(std::int64_t unix_ms) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::max<std::int64_t>(0, (std::chrono::duration_cast<std::chrono::milliseconds>(now).count() - unix_ms) /
                                         1000);
}

/// The greatest unit that there is one of: `5s`, `3m`, `7h`, `12d`.
std::string age_text(const Json& seconds) {
    constexpr auto units = std::to_array<std::pair<std::int64_t, const char*>>({{86400, "d"}, {3600, "h"}, {60, "m"}});
    const std::int64_t age = seconds.as_integer();
    for (const auto& [length, name] : units)
        if (age >= length) return std::to_string(age / length) + name;
    return std::to_string(age) + 's';
}

std::string hex(std::uint64_t number) {
    std::array<char, 16> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr};
}

// A service is as well as its best instance.
std::string_view status_of(const std::vector<InstanceView>& instances) {
    for (const auto& instance : instances)
        if (instance.status == RunningStatus::running && !instance.stale) return "running";
    return instances.front().stale ? "stale" : name_of(instances.front().status);
}

Json callback_row(const CallbackView& view) {
    auto parsed = Json::parse(view.description);
    Json row = parsed && parsed->is_object() ? *std::move(parsed) : Json::object();
    Json ordered = Json::object({{"name", view.name}});
    for (std::size_t i = 0; i < row.size(); ++i) ordered.set(row.member(i).first, row.member(i).second);
    const auto description = CallbackDescription::parse(view.description);
    ordered.set("parameters", description ? description->parameters_text() : "");
    return ordered;
}

/// What the node of each instance says of it; nothing where it does not in time.
std::vector<std::optional<admin::State>> states_of(Node& node, const std::vector<InstanceView>& instances,
                                                   const Common& common) {
    constexpr Clock::duration longest = std::chrono::seconds{1};
    CallOptions options = within(std::min(common.mesh.timeout, longest));
    options.no_wait = true;
    std::vector<Future<admin::State>> asked;
    for (const auto& instance : instances) {
        options.on = instance.node.text();
        asked.push_back(Remote<admin::Api>{node}.async<admin::GetState>(options, instance.service));
    }
    std::vector<std::optional<admin::State>> states;
    for (auto& each : asked) {
        auto state = each.get();
        states.push_back(state ? std::optional{*std::move(state)} : std::nullopt);
    }
    return states;
}

} // namespace

int run(const LsCommand&, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    std::map<std::string, std::vector<InstanceView>> services;
    for (auto& instance : (*node)->instances()) services[instance.service].push_back(std::move(instance));
    Listing listing{{{"SERVICE", "name"},
                     {"STATUS", "status", true},
                     {.heading = "VERSION", .member = "version", .may_be_cut = true},
                     {"NODES", "nodes"}}};
    for (const auto& [name, instances] : services) {
        std::set<std::string> versions;
        for (const auto& instance : instances) versions.insert(instance.version);
        std::string text;
        for (const auto& version : versions) text += (text.empty() ? "" : ", ") + version;
        listing.add(Json::object({{"name", name},
                                  {"status", status_of(instances)},
                                  {"version", text},
                                  {"nodes", static_cast<std::int64_t>(instances.size())}}));
    }
    listing.say_when_empty("there is no service; `malla doctor` says what can be seen from here");
    return print(listing, common);
}

int run(const NodesCommand&, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    Listing listing{{{"NODE", "name"},
                     {"STATUS", "status", true},
                     {.heading = "UP", .member = "up_s", .shown = age_text},
                     {.heading = "HOST", .member = "host", .may_be_cut = true},
                     {"PID", "pid"},
                     {"ENDPOINT", "endpoint"},
                     {.heading = "SERVICES", .member = "services", .may_be_cut = true}}};
    for (const auto& view : (*node)->nodes()) {
        Json services = Json::array();
        for (const auto& service : view.services) services.push_back(service);
        listing.add(Json::object({{"name", view.name},
                                  {"id", view.id.text()},
                                  {"status", view.stale ? "stale" : "running"},
                                  {"host", view.host},
                                  {"pid", static_cast<std::int64_t>(view.pid)},
                                  {"endpoint", view.endpoint},
                                  {"services", services},
                                  {"load", static_cast<std::int64_t>(view.load)},
                                  {"started", time_text(view.started_at_ms)},
                                  {"up_s", seconds_since(view.started_at_ms)}}));
    }
    listing.say_when_empty("there is no node; `malla doctor` says what can be seen from here");
    return print(listing, common);
}

int run(const InfoCommand& command, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    const auto instances = (*node)->instances_of(command.service);
    if (instances.empty())
        return fail(no_such_service(**node, command.service, Status{"service_not_available", command.service}), common);
    Listing listing{{{"NODE", "node"},
                     {"STATUS", "status", true},
                     {"ADMIN", "admin_status"},
                     {"VERSION", "version"},
                     {"LOAD", "load"},
                     {.heading = "ERROR", .member = "last_error", .may_be_cut = true, .is_optional = true},
                     {.heading = "CALLBACKS", .member = "callbacks", .may_be_cut = true}}};
    const auto states = states_of(**node, instances, common);
    for (std::size_t i = 0; i < instances.size(); ++i) {
        const auto& instance = instances[i];
        const auto& state = states[i];
        Json callbacks = Json::array();
        for (const auto& callback : instance.callbacks) callbacks.push_back(callback.name);
        listing.add(
            Json::object({{"service", instance.service},
                          {"node", instance.node_name},
                          {"id", instance.node.text()},
                          {"status", instance.stale ? "stale" : name_of(instance.status)},
                          {"admin_status", name_of(instance.admin_status)},
                          {"version", instance.version},
                          {"concurrent", instance.concurrent},
                          {"load", state ? Json{static_cast<std::int64_t>(state->load)} : Json{}},
                          {"last_error", state && !state->last_error.empty() ? Json{state->last_error} : Json{}},
                          {"hash", hex(instance.hash)},
                          {"callbacks", callbacks}}));
    }
    return print(listing, common);
}

int run(const DescribeCommand& command, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    const auto instances = (*node)->instances_of(command.service);
    if (instances.empty())
        return fail(no_such_service(**node, command.service, Status{"service_not_available", command.service}), common);
    Listing listing{{{"CALLBACK", "name"},
                     {"PARAMETERS", "parameters"},
                     {.heading = "STREAM", .member = "stream", .is_optional = true},
                     {"RESULT", "result"}}};
    if (!command.callback.empty()) {
        const auto having = std::ranges::find_if(instances, [&](const InstanceView& instance) {
            return std::ranges::find(instance.callbacks, command.callback, &CallbackView::name) !=
                   instance.callbacks.end();
        });
        const auto description =
            description_of(having == instances.end() ? instances.front() : *having, command.callback);
        if (!description) return fail(description.error(), common);
        listing.add(callback_row({command.callback, *description}));
    } else {
        // Instances may differ: the shell's services are often one callback each.
        std::map<std::string, CallbackView> callbacks;
        for (const auto& instance : instances)
            for (const auto& callback : instance.callbacks) callbacks.try_emplace(callback.name, callback);
        for (const auto& [name, callback] : callbacks) listing.add(callback_row(callback));
    }
    return print(listing, common);
}

} // namespace malla::cli
