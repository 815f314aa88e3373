// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/base/json.hpp"
#include "malla/base/result.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace malla {

namespace discovery {
class EventSubscription;
}

/// An event that somebody published.
struct Published {
    std::string topic;
    NodeId node;           ///< of the publisher
    std::string node_name; ///< as it gives it itself
    Json value;
    std::uint64_t dropped = 0; ///< how many the subscription has missed so far
};

/// Runs on the subscription's own thread, for one event after another, and may block.
using EventHandler = std::function<void(const Published&)>;

/// What a subscription keeps at most for a handler that is slow; what comes then is dropped and counted.
struct SubscribeOptions {
    std::size_t max_queued = 10'000;
    std::size_t max_queued_bytes = 16 * 1024 * 1024;
};

/// Hears events from its making to its end, which waits for the handler if it runs. The handler itself
/// may end it. Any thread.
class [[nodiscard]] Subscription {
public:
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription();

    /// Waits until all rendezvous that are connected, one at least, send what was asked for: what is
    /// published from then on comes. `service_not_available` when none does by the deadline.
    [[nodiscard]] Result<void> wait_listening(Deadline deadline) const;

    /// How many events were missed: lost on the way, for which a gap in their numbers speaks, without
    /// room, or not readable as JSON.
    [[nodiscard]] std::uint64_t dropped() const;

private:
    friend class Node;
    using Count = std::shared_ptr<std::atomic<std::uint64_t>>; // the handler's thread may outlive this
    Subscription(std::unique_ptr<discovery::EventSubscription> events, Count unreadable) noexcept;

    std::unique_ptr<discovery::EventSubscription> events_;
    Count unreadable_;
};

} // namespace malla
