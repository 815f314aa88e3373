// SPDX-License-Identifier: Apache-2.0
#include "malla/base/status.hpp"

#include <algorithm>
#include <array>

namespace malla {

namespace {

using enum Outcome;

// Identifiers and codes of the first block follow the original's table
// (netkubes/malla, lib/malla/plugins/status.ex), but `resource_invalid`, which is an error here.
constexpr std::array table = std::to_array<StatusEntry>({
    {"ok", 200, answered, ExitCode::success, "Success", ""},
    {"deleted", 200, answered, ExitCode::success, "Deleted", ""},
    {"normal_termination", 200, answered, ExitCode::success, "Normal termination", ""},
    {"created", 201, answered, ExitCode::success, "Created", ""},
    {"redirect", 307, answered, ExitCode::error_status, "Redirect", ""},
    {"bad_request", 400, answered, ExitCode::error_status, "Bad Request", ""},
    {"content_type_invalid", 400, answered, ExitCode::error_status, "Content type is invalid", ""},
    {"field_invalid", 400, answered, ExitCode::error_status, "Field '{}' is invalid", "field"},
    {"field_missing", 400, answered, ExitCode::error_status, "Field '{}' is missing", "field"},
    {"field_unknown", 400, answered, ExitCode::error_status, "Field '{}' is unknown", "field"},
    {"file_too_large", 400, answered, ExitCode::error_status, "File too large", ""},
    {"invalid_parameters", 400, answered, ExitCode::error_status, "Invalid parameters", ""},
    {"parameter_invalid", 400, answered, ExitCode::error_status, "Invalid parameter '{}'", "parameter"},
    {"parameter_missing", 400, answered, ExitCode::error_status, "Missing parameter '{}'", "parameter"},
    {"request_op_unknown", 400, answered, ExitCode::error_status, "Request OP unknown: {}", "operation"},
    {"stream_required", 400, answered, ExitCode::error_status,
     "Callback '{}' gives a stream of values: ask for a stream", "operation"},
    {"request_body_invalid", 400, answered, ExitCode::error_status, "The request body is invalid", ""},
    {"syntax_error", 400, answered, ExitCode::error_status, "Syntax error: '{}'", "field"},
    {"token_invalid", 400, answered, ExitCode::error_status, "Token is invalid", ""},
    {"token_expired", 400, answered, ExitCode::error_status, "Token is expired", ""},
    {"unauthorized", 401, answered, ExitCode::error_status, "Unauthorized", ""},
    {"forbidden", 403, answered, ExitCode::error_status, "Forbidden", ""},
    {"not_found", 404, answered, ExitCode::error_status, "Not found", ""},
    {"resource_invalid", 404, answered, ExitCode::error_status, "Invalid resource '{}'", "resource"},
    {"method_not_allowed", 405, answered, ExitCode::error_status, "Method not allowed: '{}'", "method"},
    {"verb_not_allowed", 405, answered, ExitCode::error_status, "Verb is not allowed", ""},
    {"timeout", 408, answered, ExitCode::error_status, "Timeout", ""},
    {"conflict", 409, answered, ExitCode::error_status, "Conflict", ""},
    {"not_allowed", 409, answered, ExitCode::error_status, "Not allowed", ""},
    {"service_not_found", 409, answered, ExitCode::error_status, "Service '{}' not found", "service"},
    {"gone", 410, answered, ExitCode::error_status, "Gone", ""},
    {"unprocessable", 422, answered, ExitCode::error_status, "Unprocessable", ""},
    {"internal_error", 500, answered, ExitCode::error_status, "Internal error: {}", ""},
    {"service_missing", 500, answered, ExitCode::error_status,
     "No service is current on this thread: give it one with a ServiceScope", ""},
    {"not_implemented", 501, answered, ExitCode::error_status, "Not implemented", ""},

    // Bodies and plugins.
    {"command_failed", 500, answered, ExitCode::error_status, "The command failed: {}", "reason"},
    {"body_too_large", 413, answered, ExitCode::error_status, "The body is too large: {}", "limit"},
    {"not_ready", 503, answered, ExitCode::error_status, "Service '{}' is not ready", "service"},
    {"already_started", 409, answered, ExitCode::error_status, "Service '{}' is already started", "service"},
    {"child_failed", 500, answered, ExitCode::error_status, "Children of plugin '{}' failed too often", "plugin"},
    {"circular_dependencies", 409, answered, ExitCode::error_status, "Circular dependencies: {}", "plugins"},
    {"manifest_invalid", 400, answered, ExitCode::usage, "Not a malla plugin: {}", "reason"},
    {"manifest_mismatch", 409, answered, ExitCode::usage, "The plugin was built for another malla: {}", "reason"},

    // A handler surely did not begin.
    {"service_not_available", 503, not_run, ExitCode::not_run, "Service '{}' is not available", "service"},
    {"busy", 503, not_run, ExitCode::not_run, "Service '{}' is busy: its queue is full", "service"},
    {"paused", 503, not_run, ExitCode::not_run, "Service '{}' is paused", "service"},
    {"draining", 503, not_run, ExitCode::not_run, "Service '{}' is draining", "service"},
    {"wrong_instance", 503, not_run, ExitCode::not_run, "The node that was called is no longer there", ""},
    {"types_differ", 409, not_run, ExitCode::not_run, "The types of callback '{}' differ", "callback"},
    {"wrong_cluster", 503, not_run, ExitCode::not_run, "The node belongs to cluster '{}'", "cluster"},
    {"cancelled", 499, not_run, ExitCode::not_run, "Cancelled before it began", ""},
    {"expired", 408, not_run, ExitCode::deadline, "The deadline passed before the call began", ""},
    {"version_unsupported", 505, not_run, ExitCode::refused, "Protocol version not supported: {}", "versions"},
    {"credentials_required", 401, not_run, ExitCode::refused, "Credentials are required: {}", "reason"},
    {"credentials_invalid", 401, not_run, ExitCode::refused, "The credentials cannot be used: {}", "reason"},
    {"credentials_refused", 401, not_run, ExitCode::refused, "The credentials were refused by {}", "endpoint"},
    {"endpoint_unreachable", 503, not_run, ExitCode::unreachable, "Cannot reach {}", "endpoint"},
    {"endpoint_invalid", 400, not_run, ExitCode::usage, "Not an endpoint: '{}'; write tcp://HOST:PORT", "endpoint"},
    {"address_unavailable", 409, not_run, ExitCode::unreachable,
     "Cannot bind {}: no interface of this machine has the address", "endpoint"},
    {"address_in_use", 409, not_run, ExitCode::unreachable, "Cannot bind {}: the address is in use", "endpoint"},

    // The command line itself is wrong.
    {"usage", 400, not_run, ExitCode::usage, "Wrong usage", ""},

    // A handler may have begun.
    {"deadline_exceeded", 504, unknown, ExitCode::unknown, "The deadline passed and the call may have run", ""},
    {"peer_lost", 502, unknown, ExitCode::unknown, "The connection to node '{}' was lost and the call may have run",
     "node"},
    {"shutdown", 502, unknown, ExitCode::unknown, "The node stopped and the call may have run", ""},
    {"forgotten", 410, unknown, ExitCode::unknown, "The node no longer knows whether it has run this call", ""},
    {"reply_invalid", 502, unknown, ExitCode::unknown, "The node's answer could not be read: {}", "reason"},

    // Last: what an identifier from elsewhere gets, and no identifier at all.
    {"unknown_status", 500, answered, ExitCode::error_status, "", ""},
});

constexpr bool has_unique_ids() {
    for (std::size_t i = 0; i < table.size(); ++i)
        for (std::size_t j = i + 1; j < table.size(); ++j)
            if (table[i].id == table[j].id) return false;
    return true;
}
static_assert(has_unique_ids());

constexpr std::string_view place = "{}";

std::string fill(std::string_view text, std::string_view argument) {
    const auto hole = text.find(place);
    if (hole == std::string_view::npos) return std::string{argument};
    std::string filled{text.substr(0, hole)};
    filled += argument;
    filled += text.substr(hole + place.size());
    return filled;
}

// "Service '{}' not found" without a name is "Service not found".
std::string without_place(std::string_view text) {
    const auto hole = text.find(place);
    if (hole == std::string_view::npos) return std::string{text};
    std::string_view before = text.substr(0, hole);
    std::string_view after = text.substr(hole + place.size());
    if (before.ends_with('\'')) {
        before.remove_suffix(1);
        after.remove_prefix(1);
    }
    if (before.ends_with(' ')) before.remove_suffix(1);
    if (before.ends_with(':')) before.remove_suffix(1);
    return std::string{before}.append(after);
}

} // namespace

struct Status::Details {
    std::string id;
    std::string info;
    int code;
    Outcome outcome;
    ExitCode exit_code;
    Fields data;
    Fields metadata;

    bool operator==(const Details&) const = default;
};

void Status::free(Details* details) noexcept { delete details; }

std::string_view name_of(Outcome outcome) noexcept {
    switch (outcome) {
    case answered: return "answered";
    case not_run: return "not_run";
    case unknown: return "unknown";
    }
    return "unknown";
}

const StatusEntry& status_entry(std::string_view id) noexcept {
    const auto found = std::ranges::find(table, id, &StatusEntry::id);
    return found == table.end() ? table.back() : *found;
}

std::span<const StatusEntry> status_table() noexcept { return table; }

Status::Status(std::string_view id) : details_{nullptr} {
    const StatusEntry& entry = status_entry(id);
    if (id.empty()) id = entry.id;
    std::string info = entry.text.empty() ? std::string{id} : without_place(entry.text);
    details_ = new Details{std::string{id}, std::move(info), entry.code, entry.outcome, entry.exit_code, {}, {}};
}

Status::Status(std::string_view id, std::string_view argument) : Status{id} {
    const StatusEntry& entry = status_entry(id);
    details_->info = fill(entry.text, argument);
    if (!entry.field.empty()) details_->data.emplace(entry.field, argument);
}

Status::Status(const Status& other) : details_{new Details{*other.details_}} {}

Status& Status::operator=(const Status& other) { return *this = Status{other}; }

std::string_view Status::id() const noexcept { return details_->id; }
int Status::code() const noexcept { return details_->code; }
Outcome Status::outcome() const noexcept { return details_->outcome; }
ExitCode Status::exit_code() const noexcept { return details_->exit_code; }
const std::string& Status::info() const noexcept { return details_->info; }
const Status::Fields& Status::data() const noexcept { return details_->data; }
const Status::Fields& Status::metadata() const noexcept { return details_->metadata; }

Status& Status::set_code(int code) {
    details_->code = code;
    return *this;
}

Status& Status::set_outcome(Outcome outcome) {
    if (details_->outcome == outcome) return *this;
    details_->outcome = outcome;
    switch (outcome) {
    case answered: details_->exit_code = ExitCode::error_status; break;
    case not_run: details_->exit_code = ExitCode::not_run; break;
    case unknown: details_->exit_code = ExitCode::unknown; break;
    }
    return *this;
}

Status& Status::set_info(std::string info) {
    details_->info = std::move(info);
    return *this;
}

Status& Status::set_data(std::string key, std::string value) {
    details_->data.insert_or_assign(std::move(key), std::move(value));
    return *this;
}

Status& Status::set_metadata(std::string key, std::string value) {
    details_->metadata.insert_or_assign(std::move(key), std::move(value));
    return *this;
}

Status& Status::set_metadata(Fields metadata) {
    details_->metadata = std::move(metadata);
    return *this;
}

std::string Status::text() const {
    return details_->id + " (" + std::to_string(details_->code) + "): " + details_->info;
}

bool operator==(const Status& a, const Status& b) noexcept { return *a.details_ == *b.details_; }

} // namespace malla
