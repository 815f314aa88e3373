// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/finder_url.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace httplib {
class Client;
}

namespace malla::plugins {

/// The HTTP gateway of one etcd, version 3. One request at a time; each ends within seconds, whatever the other side
/// does, but for `watch`. Failures are `endpoint_unreachable`, and say what it said.
class EtcdClient {
public:
    struct Entry {
        std::string key;
        std::string value;
    };
    struct Range {
        std::int64_t revision = 0;
        std::vector<Entry> entries;
    };

    explicit EtcdClient(const discovery::HostPort& address);
    ~EtcdClient();
    EtcdClient(const EtcdClient&) = delete;
    EtcdClient& operator=(const EtcdClient&) = delete;

    /// A lease that ends after `ttl`, unless it is kept alive.
    [[nodiscard]] Result<std::int64_t> grant(std::chrono::seconds ttl);
    /// Whether the lease is still there.
    [[nodiscard]] Result<bool> keep_alive(std::int64_t lease);
    /// Ends the lease, and with it the keys that were put with it.
    [[nodiscard]] Result<void> revoke(std::int64_t lease);
    [[nodiscard]] Result<void> put(std::string_view key, std::string_view value, std::int64_t lease);
    /// All keys that begin with `prefix`, up to a limit.
    [[nodiscard]] Result<Range> range(std::string_view prefix);
    /// Whether it answers.
    [[nodiscard]] Result<void> ping(std::string_view prefix);
    /// Calls back for each change below `prefix` from that revision on, until the connection ends.
    [[nodiscard]] Status watch(std::string_view prefix, std::int64_t revision, const std::function<void()>& changed);

    /// Ends what is under way, and refuses what comes. Any thread; again and again until the other has noticed, since
    /// what was about to begin may have missed it.
    void interrupt();
    /// How long to wait for the other between two interrupts.
    static constexpr std::chrono::milliseconds interrupt_again{5};

private:
    Result<Json> post(const std::string& path, const Json& body);
    [[nodiscard]] Status failure(std::string_view reason) const;

    std::string name_;
    std::unique_ptr<httplib::Client> http_;
    std::atomic<bool> interrupted_ = false;
};

/// The base64 of a text, as keys and values have it there.
[[nodiscard]] std::string etcd_text(std::string_view text);

} // namespace malla::plugins
