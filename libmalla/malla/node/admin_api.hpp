// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/service_status.hpp"
#include "malla/chain/api.hpp"
#include "malla/chain/link.hpp"
#include "malla/chain/stream.hpp"
#include "malla/codec/field.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla {

constexpr auto enum_names(AdminStatus) {
    using enum AdminStatus;
    return std::array<std::pair<AdminStatus, std::string_view>, 4>{
        {{active, "active"}, {pause, "pause"}, {inactive, "inactive"}, {drain, "drain"}}};
}

constexpr auto enum_names(Part) {
    using enum Part;
    return std::array<std::pair<Part, std::string_view>, 4>{
        {{observes, "observes"}, {continues, "continues"}, {wraps, "wraps"}, {answers, "answers"}}};
}

/// What every node that hosts lets be done with its services. The service of this contract is on
/// each of them and in no directory, so a call names its node: `CallOptions::on`.
///
/// The plugins of a service may refuse that it is operated: `AuthorizeAdmin`. A service that the
/// node does not have is `service_not_found`. A plugin is named as in
/// `ServiceControl`, or by the path of its shared object on that node, which has a `/`.
namespace admin {

struct Plugin {
    std::string name;
    bool listed = false; ///< else it is there because others depend on it

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("name", name), field("listed", listed));
    }
};

struct Link {
    std::string plugin;
    Part part{};

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("plugin", plugin), field("part", part));
    }
};

/// A value of a configuration, with the name of the layer that it came from.
struct ConfigEntry {
    std::string path;
    Json value;
    std::string layer;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("path", path), field("value", value), field("layer", layer));
    }
};

struct State {
    std::string status;
    std::string admin_status;
    std::string reason;            ///< of the last wish of its operator
    std::int64_t status_at_ms = 0; ///< since 1970
    std::string last_error;        ///< why it failed last, or empty
    std::int64_t last_error_at_ms = 0;
    std::uint32_t load = 0;             ///< calls that queue or run
    std::vector<std::string> abandoned; ///< hooks and children that were left behind

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("status", status), field("admin_status", admin_status), field("reason", reason),
                field("status_at_ms", status_at_ms), field("last_error", last_error),
                field("last_error_at_ms", last_error_at_ms), field("load", load), field("abandoned", abandoned));
    }
};

/// The calls of a service since it started, those of streams aside.
struct Stats {
    std::uint64_t calls = 0;         ///< whose handler has ended
    std::uint64_t errors = 0;        ///< that ended with a status, of those
    std::uint32_t load = 0;          ///< that queue or run
    std::vector<std::uint64_t> took; ///< in less than 1, 2, 4 and so on us; the last one has all that took longer

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("calls", calls), field("errors", errors), field("load", load), field("took", took));
    }
};

/// What a link took in the calls that were measured.
struct LinkTiming {
    std::string plugin;
    Part part{};
    std::uint64_t calls = 0;
    std::int64_t own_ns = 0; ///< in all, without the links below it
    std::int64_t longest_ns = 0;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("plugin", plugin), field("part", part), field("calls", calls), field("own_ns", own_ns),
                field("longest_ns", longest_ns));
    }
};

/// A call that has passed. What is too long to be shown, or cannot be read, is null and has its size.
struct TappedCall {
    std::int64_t at_us = 0; ///< since 1970
    std::string callback;
    std::string caller; ///< as it names itself
    Json arguments;     ///< an array, or an object of named ones
    std::uint64_t arguments_bytes = 0;
    Json result;
    std::uint64_t result_bytes = 0;
    std::string status; ///< "ok", or what it failed with
    std::string info;
    std::int64_t took_ns = 0;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("at_us", at_us), field("callback", callback), field("caller", caller),
                field("arguments", arguments), field("arguments_bytes", arguments_bytes), field("result", result),
                field("result_bytes", result_bytes), field("status", status), field("info", info),
                field("took_ns", took_ns));
    }
};

struct TappedCalls {
    std::vector<TappedCall> calls;
    std::uint64_t dropped = 0; ///< in all, because they came too fast

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("calls", calls), field("dropped", dropped));
    }
};

/// The chain, top first.
struct GetPlugins : Callback<"plugins(service)", std::vector<Plugin>(std::string)> {
    static constexpr bool idempotent = true;
};
struct AddPlugin : Callback<"add_plugin(service, plugin)", void(std::string, std::string)> {};
struct RemovePlugin : Callback<"remove_plugin(service, plugin)", void(std::string, std::string)> {};
struct SetPlugins : Callback<"set_plugins(service, plugins)", void(std::string, std::vector<std::string>)> {
    static constexpr bool idempotent = true;
};
/// Who takes part in a callback, top first.
struct Explain : Callback<"explain(service, callback)", std::vector<Link>(std::string, std::string)> {
    static constexpr bool idempotent = true;
};
/// `ServiceControl::set_admin_status`.
struct SetStatus : Callback<"set_status(service, status, reason)", void(std::string, AdminStatus, std::string)> {
    static constexpr bool idempotent = true;
};
struct GetState : Callback<"state(service)", State(std::string)> {
    static constexpr bool idempotent = true;
};
struct GetStats : Callback<"stats(service)", Stats(std::string)> {
    static constexpr bool idempotent = true;
};
struct GetConfig : Callback<"config(service)", std::vector<ConfigEntry>(std::string)> {
    static constexpr bool idempotent = true;
};
/// `ServiceControl::reconfigure`.
struct Reconfigure : Callback<"reconfigure(service, update)", void(std::string, Json)> {
    static constexpr bool idempotent = true;
};
struct IsReady : Callback<"is_ready(service)", bool(std::string)> {
    static constexpr bool idempotent = true;
};
struct IsDrained : Callback<"is_drained(service)", bool(std::string)> {
    static constexpr bool idempotent = true;
};

/// Answers whoever may call, for the time that it takes.
struct Ping : Callback<"ping()", void()> {
    static constexpr bool idempotent = true;
};
/// Measures the links of a callback while the stream lasts: first what is there, then every quarter of a second how
/// much it is by then. `lease` is a name that nobody else has: see `Renew`.
struct MeasureLinks : Callback<"measure_links(service, callback, lease)",
                               Stream<std::vector<LinkTiming>>(std::string, std::string, std::string)> {};
/// The calls of a callback, or of all when it is empty, as they pass while the stream lasts. At least every quarter of
/// a second there is a value, the first one at once.
struct TapCalls
    : Callback<"tap(service, callback, lease)", Stream<TappedCalls>(std::string, std::string, std::string)> {};
/// Whoever observes a service says that he still does, at least every 5 seconds.
struct Renew : Callback<"renew(lease)", void(std::string)> {
    static constexpr bool idempotent = true;
};

struct Api : malla::Api<"malla_admin", GetPlugins, AddPlugin, RemovePlugin, SetPlugins, Explain, SetStatus, GetState,
                        GetStats, GetConfig, Reconfigure, IsReady, IsDrained, Ping, MeasureLinks, TapCalls, Renew> {};

} // namespace admin
} // namespace malla
