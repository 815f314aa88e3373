// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/event_ear.hpp"

#include "malla/base/log.hpp"
#include "malla/wire/event.hpp"
#include "malla/wire/topic.hpp"
#include "malla/wire/topic_pattern.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace malla::discovery {

void EventEar::hear(std::string_view topic, std::string_view message) {
    const auto event = wire::decode_publish(message);
    if (!event || topic != wire::event_topic(cluster_, event->topic)) return;
    if (wire::matches(pattern_, event->topic)) inbox_.put(*event);
}

void EventEar::run(const std::function<void(ReceivedEvent)>& handler) {
    while (auto event = inbox_.take()) {
        try {
            handler(*std::move(event));
        } catch (const std::exception& error) {
            log(LogLevel::error, "a handler of events for '" + pattern_ + "' threw: " + error.what());
        } catch (...) {
            log(LogLevel::error, "a handler of events for '" + pattern_ + "' threw");
        }
    }
}

void EventEar::set_listening(std::map<LinkId, bool> sources, bool alone) {
    const std::lock_guard lock{mutex_};
    sources_ = std::move(sources);
    alone_ = alone;
    changed_.notify_all();
}

void EventEar::close() {
    inbox_.close();
    const std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_all();
}

bool EventEar::wait_listening(Deadline deadline) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_until(lock, deadline.at(), [this] { return closed_ || is_listening(); }) && !closed_;
}

bool EventEar::is_listening() const {
    return (alone_ || !sources_.empty()) && std::ranges::all_of(sources_, [](const auto& each) { return each.second; });
}

} // namespace malla::discovery
