// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/discovery/finder.hpp"
#include "malla/discovery/finder_url.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace malla::plugins {

class EtcdSession;

/// Finds nodes by an etcd that a fleet has already, as a URL says it: etcd://HOST[:PORT][,HOST[:PORT]...]. Speaks with
/// its HTTP gateway, without a password and without TLS.
///
/// A node that hosts is there under /malla/CLUSTER/NODE, with a lease of a few seconds that is kept alive, so that one
/// that dies is forgotten. Of several addresses the next one is taken when one fails.
class Etcd final : public discovery::Finder {
public:
    static constexpr std::string_view scheme = "etcd";
    [[nodiscard]] static Result<std::unique_ptr<discovery::Finder>> make(std::string_view url);

    explicit Etcd(std::vector<discovery::HostPort> addresses);
    ~Etcd() override;

    void start(Host host) override;
    void stop(Deadline deadline) noexcept override;

private:
    void run();
    void pause(Clock::duration pause);
    [[nodiscard]] std::shared_ptr<EtcdSession> open_session(const discovery::HostPort& address);

    const std::vector<discovery::HostPort> addresses_;
    Host host_;
    std::mutex mutex_; // guards all below but the thread
    std::condition_variable changed_;
    bool stopping_ = false;
    bool finished_ = false;
    std::shared_ptr<EtcdSession> session_; // with the thread that stops this
    std::thread thread_;
};

} // namespace malla::plugins
