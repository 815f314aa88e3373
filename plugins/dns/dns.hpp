// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/discovery/finder.hpp"
#include "malla/discovery/finder_url.hpp"
#include "malla/transport/wake.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace malla::plugins {

/// How DNS is asked for nodes, as a URL says it: dns://NAME[:PORT][?every=5s&server=ADDRESS:PORT].
struct DnsOptions {
    discovery::HostPort name; ///< the port is for addresses; SRV records have their own
    Clock::duration every = std::chrono::seconds{5};
    std::string server; ///< ADDRESS:PORT; empty: those of the system

    /// `endpoint_invalid`, with what is wrong.
    [[nodiscard]] static Result<DnsOptions> parse(std::string_view url);
};

/// Finds nodes by DNS: the SRV records of _malla._tcp.NAME (of NAME, where that begins with '_'); where there are
/// none, the A and AAAA records of NAME with the port of the URL. Asks again and again, for as long as it lives.
/// A node tells nothing of itself: what is in the DNS is the operator's.
class Dns final : public discovery::Finder {
public:
    static constexpr std::string_view scheme = "dns";
    [[nodiscard]] static Result<std::unique_ptr<discovery::Finder>> make(std::string_view url);

    explicit Dns(DnsOptions options);
    ~Dns() override;

    void start(Host host) override;
    void stop(Deadline deadline) noexcept override;

private:
    void run();

    const DnsOptions options_;
    Host host_;
    transport::Wake wake_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace malla::plugins
