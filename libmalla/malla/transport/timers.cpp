// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/timers.hpp"

#include <vector>

namespace malla::transport {

TimerId Timers::add(Clock::time_point when, Timer timer) {
    const TimerId id{++last_id_};
    timers_.emplace(Key{when, id}, std::move(timer));
    due_.emplace(id, when);
    return id;
}

TimerId Timers::at(Clock::time_point when, Function function) {
    return add(when, {Clock::duration::zero(), std::move(function)});
}

TimerId Timers::every(Clock::time_point first, Clock::duration period, Function function) {
    return add(first, {std::max(period, Clock::duration{1}), std::move(function)});
}

void Timers::cancel(TimerId id) {
    const auto due = due_.find(id);
    if (due == due_.end()) return;
    timers_.erase(Key{due->second, id});
    due_.erase(due);
}

std::optional<Clock::time_point> Timers::next() const noexcept {
    if (timers_.empty()) return {};
    return timers_.begin()->first.first;
}

void Timers::run_due(Clock::time_point now) {
    std::vector<Key> keys;
    for (const auto& [key, timer] : timers_) {
        if (key.first > now) break;
        keys.push_back(key);
    }
    for (const auto& key : keys) run(key, now);
}

void Timers::run(Key key, Clock::time_point now) {
    auto node = timers_.extract(key);
    if (!node) return; // cancelled by one that ran before it
    const auto [when, id] = key;
    const auto period = node.mapped().period;
    if (period == Clock::duration::zero()) due_.erase(id);
    node.mapped().function();

    const auto due = due_.find(id);
    if (due == due_.end()) return; // ran its only time, or cancelled itself
    const auto missed = (now - when) / period;
    due->second = when + (missed + 1) * period;
    node.key() = Key{due->second, id};
    timers_.insert(std::move(node));
}

} // namespace malla::transport
