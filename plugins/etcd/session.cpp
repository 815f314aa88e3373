// SPDX-License-Identifier: Apache-2.0
#include "plugins/etcd/session.hpp"

#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace malla::plugins {

namespace {

using namespace std::chrono_literals;

// A node that dies is named for that long; one whose etcd is away for less stays named.
constexpr auto lease = 5s;
constexpr auto beat = 1500ms;
constexpr std::size_t max_endpoints = 8;

bool is_reachable(std::string_view endpoint) {
    return !endpoint.starts_with("tcp://0.0.0.0:") && !endpoint.starts_with("tcp://[::]:") &&
           !endpoint.starts_with("tcp://*:");
}

} // namespace

std::vector<std::string> etcd_endpoints(std::string_view value) {
    std::vector<std::string> endpoints;
    const auto json = Json::parse(value);
    const Json* list = json ? json->find("endpoints") : nullptr;
    for (std::size_t i = 0; list && list->is_array() && i < std::min(list->size(), max_endpoints); ++i)
        if (list->at(i).is_string()) endpoints.push_back(list->at(i).as_string());
    return endpoints;
}

EtcdSession::EtcdSession(const discovery::HostPort& address, const discovery::Finder::Host& host)
    : host_{host}, prefix_{"/malla/" + host.cluster + '/'}, client_{address}, watching_{address} {}

EtcdSession::~EtcdSession() { end_watch(); }

void EtcdSession::close() {
    const std::lock_guard lock{mutex_};
    closing_ = true;
    event_.notify_all();
}

std::optional<Status> EtcdSession::run() {
    if (auto enrolled = enroll(); !enrolled) return std::move(enrolled).error();
    const auto revision = read();
    if (!revision) return revision.error();
    watcher_ = start_thread("malla-etcd-watch", [this, from = *revision + 1] { watch(from); });
    auto failure = follow();
    end_watch();
    if (!failure && lease_) (void)client_.revoke(*lease_);
    return failure;
}

Result<void> EtcdSession::enroll() {
    if (host_.endpoints.empty()) return {};
    Json endpoints = Json::array();
    for (const auto& endpoint : host_.endpoints)
        if (is_reachable(endpoint)) endpoints.push_back(endpoint);
    if (endpoints.size() == 0)
        return Status{"endpoint_invalid"}.set_info("this node is not registered: nobody can connect to " +
                                                   host_.endpoints.front() + "; bind an address, or give --advertise");
    auto granted = client_.grant(lease);
    if (!granted) return std::move(granted).error();
    lease_ = *granted;
    const auto value = Json::object({{"endpoints", std::move(endpoints)}}).dump();
    if (!value) return value.error();
    return client_.put(prefix_ + host_.node.text(), *value, *lease_);
}

/// Tells who is there, and gives the revision of what it told.
Result<std::int64_t> EtcdSession::read() {
    auto range = client_.range(prefix_);
    if (!range) return std::move(range).error();
    std::vector<std::string> endpoints;
    for (const auto& entry : range->entries) {
        if (!NodeId::parse(std::string_view{entry.key}.substr(prefix_.size())))
            continue; // of a cluster named CLUSTER/X
        for (auto& endpoint : etcd_endpoints(entry.value)) endpoints.push_back(std::move(endpoint));
    }
    host_.found(std::move(endpoints));
    return range->revision;
}

/// Once per beat: a lease that ended since the etcd or this process stood still is taken anew.
Result<void> EtcdSession::keep() {
    if (!lease_) return client_.ping(prefix_);
    const auto kept = client_.keep_alive(*lease_);
    if (!kept) return kept.error();
    return *kept ? Result<void>{} : enroll();
}

std::optional<Status> EtcdSession::follow() {
    auto beat_at = Clock::now() + beat;
    std::unique_lock lock{mutex_};
    while (true) {
        event_.wait_until(lock, beat_at, [&] { return closing_ || changed_ || watch_end_; });
        if (closing_) return std::nullopt;
        if (watch_end_) return watch_end_;
        const bool read_anew = std::exchange(changed_, false);
        lock.unlock();
        if (read_anew)
            if (auto told = read(); !told) return std::move(told).error();
        if (Clock::now() >= beat_at) {
            if (auto kept = keep(); !kept) return std::move(kept).error();
            beat_at = Clock::now() + beat;
        }
        lock.lock();
    }
}

void EtcdSession::watch(std::int64_t revision) {
    auto end = watching_.watch(prefix_, revision, [this] {
        const std::lock_guard lock{mutex_};
        changed_ = true;
        event_.notify_all();
    });
    const std::lock_guard lock{mutex_};
    watch_end_ = std::move(end);
    event_.notify_all();
}

void EtcdSession::end_watch() {
    if (!watcher_.joinable()) return;
    {
        std::unique_lock lock{mutex_};
        do watching_.interrupt();
        while (!event_.wait_for(lock, EtcdClient::interrupt_again, [&] { return watch_end_.has_value(); }));
    }
    watcher_.join();
}

} // namespace malla::plugins
