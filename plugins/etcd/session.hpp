// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/discovery/finder.hpp"
#include "plugins/etcd/client.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace malla::plugins {

/// A node's time with one etcd: it registers itself there, and tells who else does, until the etcd fails.
class EtcdSession {
public:
    /// `host` must outlive it.
    EtcdSession(const discovery::HostPort& address, const discovery::Finder::Host& host);
    ~EtcdSession();
    EtcdSession(const EtcdSession&) = delete;
    EtcdSession& operator=(const EtcdSession&) = delete;

    /// Returns when the etcd failed, or nothing after `close`; then the node is no longer registered, if there was
    /// time.
    [[nodiscard]] std::optional<Status> run();
    /// Asks `run` to return. Any thread.
    void close();
    /// Has it return now. Any thread; again and again until it has.
    void interrupt() { client_.interrupt(); }

private:
    [[nodiscard]] Result<void> enroll();
    [[nodiscard]] Result<std::int64_t> read();
    [[nodiscard]] Result<void> keep();
    [[nodiscard]] std::optional<Status> follow();
    void watch(std::int64_t revision);
    void end_watch();

    const discovery::Finder::Host& host_;
    const std::string prefix_;
    EtcdClient client_;
    EtcdClient watching_;
    std::optional<std::int64_t> lease_;
    std::mutex mutex_; // guards all below but the thread
    std::condition_variable event_;
    bool closing_ = false;
    bool changed_ = false;
    std::optional<Status> watch_end_;
    std::thread watcher_;
};

/// The endpoints in the value of a key; none when it is not what a node writes.
[[nodiscard]] std::vector<std::string> etcd_endpoints(std::string_view value);

} // namespace malla::plugins
