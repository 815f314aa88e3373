// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/node/call_server.hpp"
#include "malla/service/chain_observer.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace malla {

/// Somebody elsewhere who observes a service of this node, as long as he says again and again that he is still there.
/// Any thread.
class Observation {
public:
    /// How long he may be silent.
    static constexpr Clock::duration lease_limit = std::chrono::seconds{5};

    Observation(std::string lease, std::shared_ptr<ServedService> service, std::shared_ptr<ChainObserver> observer);
    ~Observation();
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;

    [[nodiscard]] Result<void> begin();
    [[nodiscard]] const std::string& lease() const noexcept { return lease_; }
    void renew();
    /// The service is as it was soon after; does not wait for it.
    void end() noexcept;
    /// The same, and waits for it.
    void finish() noexcept;
    [[nodiscard]] bool ended() const;
    /// Waits for so long, or until it has ended or `cancelled` says so.
    void wait(const std::stop_token& cancelled, Clock::duration limit) const;

private:
    void watch();

    const std::string lease_;
    const std::shared_ptr<ServedService> service_;
    const std::shared_ptr<ChainObserver> observer_; // shared with the chain and with whoever reads it
    mutable std::mutex mutex_;                      // guards all below
    mutable std::condition_variable_any changed_;
    Clock::time_point renewed_at_ = Clock::now();
    bool ended_ = false;
    std::thread watcher_;
};

/// All of a node's. Any thread.
class Observations {
public:
    static constexpr std::size_t max_observations = 64;

    ~Observations() { end_all(); }

    /// `busy` when there are too many.
    [[nodiscard]] Result<std::shared_ptr<Observation>> begin(std::string lease, std::shared_ptr<ServedService> service,
                                                             std::shared_ptr<ChainObserver> observer);
    void renew(std::string_view lease);
    /// Waits until the services are as they were, and lets none begin any more.
    void end_all();

private:
    std::mutex mutex_;
    bool over_ = false;
    std::vector<std::shared_ptr<Observation>> all_;
};

} // namespace malla
