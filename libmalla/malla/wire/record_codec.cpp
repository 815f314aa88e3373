// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/record_codec.hpp"

#include "malla/wire/fields.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace malla::wire {

namespace {

constexpr std::uint8_t draining_flag = 1;
constexpr std::uint8_t endpoint_tag = 1;
constexpr std::uint8_t publish_tag = 2;
constexpr std::uint8_t service_tag = 3;

constexpr std::uint8_t concurrent_flag = 1;
constexpr std::uint8_t callback_tag = 1;
constexpr std::uint8_t metadata_tag = 2;
constexpr std::uint8_t types_tag = 3;

std::string too_many(std::string_view what, std::size_t max) {
    return "more than " + std::to_string(max) + ' ' + std::string{what};
}

std::optional<std::string> fault_of(const ServiceRecord& service) {
    if (service.name.empty()) return "a service name is empty";
    if (auto fault = text_fault(service.name, "service name", max_name_bytes)) return fault;
    if (service.callbacks.size() > max_callbacks) return too_many("callbacks", max_callbacks);
    for (const auto& callback : service.callbacks) {
        if (callback.name.empty()) return "a callback name is empty";
        if (auto fault = text_fault(callback.name, "callback name", max_name_bytes)) return fault;
        if (auto fault = text_fault(callback.description, "description", max_description_bytes, false)) return fault;
    }
    PairLimit limit;
    for (const auto& [key, value] : service.metadata)
        if (auto fault = limit.add(key, value)) return fault;
    return std::nullopt;
}

void write_types(Writer& out, const CallbackRecord& callback) {
    if (callback.types == 0) return;
    const std::size_t begin = out.begin_field(types_tag);
    out.number(callback.types);
    out.name(callback.name);
    out.end_field(begin);
}

void write_service(Writer& out, const ServiceRecord& service) {
    out.name(service.name);
    out.number(service.version.major);
    out.number(service.version.minor);
    out.number(service.version.patch);
    out.number(static_cast<std::uint8_t>(service.status));
    out.number(static_cast<std::uint8_t>(service.admin_status));
    out.number(service.concurrent ? concurrent_flag : std::uint8_t{0});
    out.number(service.content_hash);
    for (const auto& callback : service.callbacks) out.pair(callback_tag, callback.name, callback.description);
    for (const auto& callback : service.callbacks) write_types(out, callback);
    for (const auto& [key, value] : service.metadata) out.pair(metadata_tag, key, value);
}

CallbackRecord read_callback(Reader in, Reader& outer) {
    CallbackRecord callback;
    callback.name = in.given_name("callback name");
    callback.description = in.checked(in.rest(), "description", max_description_bytes, false);
    outer.adopt(std::move(in));
    return callback;
}

/// The types of a callback that may be read later. Those of one that is not there are nobody's.
std::pair<std::string, std::uint64_t> read_types(Reader in, Reader& outer) {
    const auto types = in.number<std::uint64_t>();
    std::pair<std::string, std::uint64_t> read{in.given_name("callback name"), types};
    outer.adopt(std::move(in));
    return read;
}

void set_types(ServiceRecord& service, const std::vector<std::pair<std::string, std::uint64_t>>& all) {
    for (const auto& [name, types] : all) {
        const auto callback = std::ranges::find(service.callbacks, name, &CallbackRecord::name);
        if (callback != service.callbacks.end()) callback->types = types;
    }
}

void read_fields(Reader& in, ServiceRecord& service) {
    PairLimit limit;
    std::vector<std::pair<std::string, std::uint64_t>> types;
    while (const auto field = in.field()) {
        if (field->tag == callback_tag) {
            if (service.callbacks.size() == max_callbacks) return in.fail(too_many("callbacks", max_callbacks));
            service.callbacks.push_back(read_callback(Reader{*field, in}, in));
        } else if (field->tag == metadata_tag) {
            const auto [key, value] = read_pair(in, *field, limit);
            service.metadata.emplace_back(key, value);
        } else if (field->tag == types_tag) {
            if (types.size() == max_callbacks) return in.fail(too_many("callbacks", max_callbacks));
            types.push_back(read_types(Reader{*field, in}, in));
        }
    }
    set_types(service, types);
}

/// A status from a later version means that the service takes no calls.
RunningStatus running_status(std::uint8_t number) noexcept {
    constexpr auto last = static_cast<std::uint8_t>(RunningStatus::draining);
    return number <= last ? static_cast<RunningStatus>(number) : RunningStatus::failed;
}

AdminStatus admin_status(std::uint8_t number) noexcept {
    constexpr auto last = static_cast<std::uint8_t>(AdminStatus::drain);
    return number <= last ? static_cast<AdminStatus>(number) : AdminStatus::inactive;
}

ServiceRecord read_service(Reader in, Reader& outer) {
    ServiceRecord service;
    service.name = in.given_name("service name");
    service.version.major = in.number<std::uint16_t>();
    service.version.minor = in.number<std::uint16_t>();
    service.version.patch = in.number<std::uint16_t>();
    service.status = running_status(in.number<std::uint8_t>());
    service.admin_status = admin_status(in.number<std::uint8_t>());
    service.concurrent = (in.number<std::uint8_t>() & concurrent_flag) != 0;
    service.content_hash = in.number<std::uint64_t>();
    read_fields(in, service);
    outer.adopt(std::move(in));
    return service;
}

void read_fields(Reader& in, NodeRecord& record) {
    while (const auto field = in.field()) {
        if (field->tag == endpoint_tag) {
            if (record.endpoints.size() == max_endpoints) return in.fail(too_many("endpoints", max_endpoints));
            record.endpoints.emplace_back(in.checked(field->value, "endpoint", max_endpoint_bytes));
        } else if (field->tag == publish_tag) {
            record.publish_endpoint = in.checked(field->value, "publish endpoint", max_endpoint_bytes);
        } else if (field->tag == service_tag) {
            if (record.services.size() == max_services) return in.fail(too_many("services", max_services));
            record.services.push_back(read_service(Reader{*field, in}, in));
        }
    }
}

} // namespace

std::optional<std::string> fault_of(const NodeRecord& record) {
    if (record.id.is_nil()) return "the node id is nil";
    if (auto fault = text_fault(record.name, "node name", max_name_bytes)) return fault;
    if (auto fault = text_fault(record.cluster, "cluster name", max_name_bytes)) return fault;
    if (auto fault = text_fault(record.host, "host", max_host_bytes)) return fault;
    if (auto fault = text_fault(record.publish_endpoint, "publish endpoint", max_endpoint_bytes)) return fault;
    if (record.endpoints.size() > max_endpoints) return too_many("endpoints", max_endpoints);
    for (const auto& endpoint : record.endpoints)
        if (auto fault = text_fault(endpoint, "endpoint", max_endpoint_bytes)) return fault;
    if (record.services.size() > max_services) return too_many("services", max_services);
    for (const auto& service : record.services)
        if (auto fault = fault_of(service)) return fault;
    return std::nullopt;
}

void write_record(Writer& out, const NodeRecord& record) {
    out.id(record.id);
    out.number(record.sequence);
    out.number(record.started_at_ms);
    out.number(record.pid);
    out.number(record.load);
    out.number(record.min_version);
    out.number(record.max_version);
    out.number(record.draining ? draining_flag : std::uint8_t{0});
    out.name(record.name);
    out.name(record.cluster);
    out.name(record.host, max_host_bytes);
    for (const auto& endpoint : record.endpoints) out.field(endpoint_tag, endpoint);
    out.field_unless_empty(publish_tag, record.publish_endpoint);
    for (const auto& service : record.services) {
        const std::size_t begin = out.begin_field(service_tag);
        write_service(out, service);
        out.end_field(begin);
    }
}

NodeRecord read_record(Reader& in) {
    NodeRecord record;
    record.id = in.node();
    record.sequence = in.number<std::uint64_t>();
    record.started_at_ms = in.number<std::uint64_t>();
    record.pid = in.number<std::uint32_t>();
    record.load = in.number<std::uint32_t>();
    record.min_version = in.number<std::uint8_t>();
    record.max_version = in.number<std::uint8_t>();
    record.draining = (in.number<std::uint8_t>() & draining_flag) != 0;
    record.name = in.name("node name");
    record.cluster = in.name("cluster name");
    record.host = in.name("host", max_host_bytes);
    read_fields(in, record);
    return record;
}

} // namespace malla::wire
