// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/event_inbox.hpp"

namespace malla::discovery {

void EventInbox::put(const wire::Publish& event) {
    const std::lock_guard lock{mutex_};
    if (closed_ || !gaps_.take(event.publisher, event.topic, event.run, event.sequence)) return;
    const bool fits = events_.size() < limits_.max_events && bytes_ + event.body.size() <= limits_.max_bytes;
    if (!fits && !events_.empty()) {
        ++dropped_;
        return;
    }
    bytes_ += event.body.size();
    events_.push_back({std::string{event.topic}, event.publisher, std::string{event.name}, event.content,
                       std::string{event.body}, 0});
    changed_.notify_one();
}

std::optional<ReceivedEvent> EventInbox::take() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return closed_ || !events_.empty(); });
    if (closed_) return std::nullopt;
    ReceivedEvent event = std::move(events_.front());
    events_.pop_front();
    bytes_ -= event.body.size();
    event.dropped = dropped_ + gaps_.missed();
    return event;
}

void EventInbox::close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    events_.clear();
    bytes_ = 0;
    changed_.notify_all();
}

std::uint64_t EventInbox::dropped() const {
    const std::lock_guard lock{mutex_};
    return dropped_ + gaps_.missed();
}

} // namespace malla::discovery
