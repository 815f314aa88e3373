// SPDX-License-Identifier: Apache-2.0
#include "plugins/etcd/client.hpp"

#include "malla/codec/base64.hpp"

#include <httplib.h>

#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace malla::plugins {

namespace {

using namespace std::chrono_literals;

constexpr auto connect_limit = 500ms;
constexpr auto answer_limit = 2s;
// Between two changes; afterwards it is watched anew.
constexpr auto watch_limit = 1h;
constexpr std::int64_t max_entries = 1000;
constexpr std::size_t max_answer_bytes = 4U << 20U;

/// The key behind all that begin with `prefix`.
std::string end_of(std::string_view prefix) {
    std::string end{prefix};
    end.back() = static_cast<char>(end.back() + 1);
    return end;
}

/// A number, which the gateway writes as a string.
std::optional<std::int64_t> number_in(const Json* member) {
    if (!member) return std::nullopt;
    if (member->kind() == Json::Kind::integer) return member->as_integer();
    if (!member->is_string()) return std::nullopt;
    const auto& text = member->as_string();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::string> text_in(const Json& object, std::string_view name) {
    const Json* member = object.find(name);
    if (!member || !member->is_string()) return std::nullopt;
    const auto bytes = codec::from_base64(member->as_string());
    if (!bytes) return std::nullopt;
    return std::string{reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

std::string text_of(const Json& body) {
    auto text = body.dump();
    return text ? *std::move(text) : std::string{}; // which is refused
}

std::string what_broke(httplib::Error error) {
    return error == httplib::Error::Connection ? "cannot be reached" : "the connection broke: " + to_string(error);
}

Json range_of(std::string_view prefix) {
    return Json::object({{"key", etcd_text(prefix)}, {"range_end", etcd_text(end_of(prefix))}});
}

} // namespace

std::string etcd_text(std::string_view text) { return codec::to_base64(std::as_bytes(std::span{text})); }

EtcdClient::EtcdClient(const discovery::HostPort& address)
    : name_{address.text()}, http_{std::make_unique<httplib::Client>(address.host, address.port)} {
    http_->set_connection_timeout(connect_limit);
    http_->set_write_timeout(answer_limit);
    http_->set_read_timeout(answer_limit);
    http_->set_keep_alive(true);
}

EtcdClient::~EtcdClient() = default;

Status EtcdClient::failure(std::string_view reason) const {
    return Status{"endpoint_unreachable", name_}.set_info("etcd at " + name_ + ": " + std::string{reason});
}

void EtcdClient::interrupt() {
    interrupted_ = true;
    http_->stop();
}

Result<Json> EtcdClient::post(const std::string& path, const Json& body) {
    if (interrupted_) return failure("interrupted");
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.body = text_of(body);
    request.set_header("Content-Type", "application/json");
    std::string answer;
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
        answer.append(data, size);
        return answer.size() <= max_answer_bytes;
    };
    const auto sent = http_->send(request);
    if (!sent) return failure(what_broke(sent.error()));
    auto json = Json::parse(answer);
    if (sent->status != 200) {
        const Json* reason = json ? json->find("error") : nullptr;
        return failure(reason && reason->is_string() ? reason->as_string() : "HTTP " + std::to_string(sent->status));
    }
    if (!json) return failure("its answer is no JSON");
    return json;
}

Result<std::int64_t> EtcdClient::grant(std::chrono::seconds ttl) {
    const auto answer = post("/v3/lease/grant", Json::object({{"TTL", ttl.count()}}));
    if (!answer) return answer.error();
    const auto lease = number_in(answer->find("ID"));
    if (!lease) return failure("it gave no lease");
    return *lease;
}

Result<bool> EtcdClient::keep_alive(std::int64_t lease) {
    const auto answer = post("/v3/lease/keepalive", Json::object({{"ID", std::to_string(lease)}}));
    if (!answer) return answer.error();
    const Json* result = answer->find("result");
    return number_in(result ? result->find("TTL") : nullptr).value_or(0) > 0;
}

Result<void> EtcdClient::revoke(std::int64_t lease) {
    const auto answer = post("/v3/lease/revoke", Json::object({{"ID", std::to_string(lease)}}));
    if (!answer) return answer.error();
    return {};
}

Result<void> EtcdClient::put(std::string_view key, std::string_view value, std::int64_t lease) {
    const auto answer =
        post("/v3/kv/put",
             Json::object({{"key", etcd_text(key)}, {"value", etcd_text(value)}, {"lease", std::to_string(lease)}}));
    if (!answer) return answer.error();
    return {};
}

Result<EtcdClient::Range> EtcdClient::range(std::string_view prefix) {
    auto answer = post("/v3/kv/range", range_of(prefix).set("limit", max_entries));
    if (!answer) return std::move(answer).error();
    const Json* header = answer->find("header");
    const auto revision = number_in(header ? header->find("revision") : nullptr);
    if (!revision) return failure("its answer has no revision");
    Range range{*revision, {}};
    const Json* entries = answer->find("kvs");
    for (std::size_t i = 0; entries && entries->is_array() && i < entries->size(); ++i) {
        auto key = text_in(entries->at(i), "key");
        auto value = text_in(entries->at(i), "value");
        if (key && value) range.entries.push_back({*std::move(key), *std::move(value)});
    }
    return range;
}

Result<void> EtcdClient::ping(std::string_view prefix) {
    const auto answer = post("/v3/kv/range", range_of(prefix).set("count_only", true));
    if (!answer) return answer.error();
    return {};
}

Status EtcdClient::watch(std::string_view prefix, std::int64_t revision, const std::function<void()>& changed) {
    if (interrupted_) return failure("interrupted");
    http_->set_read_timeout(watch_limit);
    httplib::Request request;
    request.method = "POST";
    request.path = "/v3/watch";
    auto from = range_of(prefix).set("start_revision", std::to_string(revision));
    request.body = text_of(Json::object({{"create_request", std::move(from)}}));
    request.set_header("Content-Type", "application/json");
    bool confirmed = false;
    // A message tells what changed, but a range that is read anew tells it as well, also when one was lost.
    request.content_receiver = [&](const char*, std::size_t, std::uint64_t, std::uint64_t) {
        if (std::exchange(confirmed, true)) changed();
        return !interrupted_.load();
    };
    const auto sent = http_->send(request);
    return failure(sent ? "it watches no longer" : what_broke(sent.error()));
}

} // namespace malla::plugins
