// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/discovery/event_inbox.hpp"
#include "malla/discovery/view.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace malla::discovery {

/// One subscription as the thread that receives and the thread that handles share it, which is why
/// it outlives the first of them to end. Any thread.
class EventEar {
public:
    EventEar(std::string_view cluster, std::string_view pattern, const InboxLimits& limits)
        : cluster_{cluster}, pattern_{pattern}, inbox_{limits} {}
    EventEar(const EventEar&) = delete;
    EventEar& operator=(const EventEar&) = delete;

    [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }
    [[nodiscard]] EventInbox& inbox() noexcept { return inbox_; }
    [[nodiscard]] const EventInbox& inbox() const noexcept { return inbox_; }

    /// Takes a message that was published on `topic`, if it is an event of the cluster that the pattern
    /// chooses.
    void hear(std::string_view topic, std::string_view message);

    /// Hands each event to `handler`, until the inbox is closed.
    void run(const std::function<void(ReceivedEvent)>& handler);

    /// What is listened to: whether the rendezvous of each link is known to send what was asked for.
    void set_listening(std::map<LinkId, bool> sources, bool alone);
    void close();
    [[nodiscard]] bool wait_listening(Deadline deadline) const;

private:
    [[nodiscard]] bool is_listening() const;

    const std::string cluster_;
    const std::string pattern_;
    EventInbox inbox_;
    mutable std::mutex mutex_; // guards all below
    mutable std::condition_variable changed_;
    std::map<LinkId, bool> sources_;
    bool alone_ = false;
    bool closed_ = false;
};

} // namespace malla::discovery
