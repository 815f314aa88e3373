// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/discovery/event_gaps.hpp"
#include "malla/wire/event.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

namespace malla::discovery {

/// An event as a listener gets it.
struct ReceivedEvent {
    std::string topic;
    NodeId publisher;
    std::string publisher_name;
    wire::Content content = wire::Content::binary;
    std::string body;
    std::uint64_t dropped = 0; ///< how many the listener has missed until it took this one
};

/// What a listener keeps at most before it is handled.
struct InboxLimits {
    std::size_t max_events = 10'000;
    std::size_t max_bytes = 16 * 1024 * 1024; ///< of the bodies; one event is always kept
};

/// The events that a listener has not handled yet. Whoever brings one never waits: what has no room
/// is dropped, and counted with what was lost on the way. Any thread.
class EventInbox {
public:
    explicit EventInbox(InboxLimits limits) noexcept : limits_{limits} {}
    EventInbox(const EventInbox&) = delete;
    EventInbox& operator=(const EventInbox&) = delete;

    /// Keeps it, unless it was there before or there is no room.
    void put(const wire::Publish& event);
    /// Waits for the next one; nothing once it is closed.
    [[nodiscard]] std::optional<ReceivedEvent> take();
    /// Ends it, with all that was not taken.
    void close();

    /// How many events were lost on the way or had no room.
    [[nodiscard]] std::uint64_t dropped() const;

private:
    const InboxLimits limits_;
    mutable std::mutex mutex_; // guards all below
    std::condition_variable changed_;
    EventGaps gaps_;
    std::deque<ReceivedEvent> events_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
    bool closed_ = false;
};

} // namespace malla::discovery
