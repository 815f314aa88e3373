// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/event_counter.hpp"

namespace malla::discovery {

EventCounter::Number EventCounter::next(std::string_view topic) {
    auto found = topics_.find(topic);
    if (found != topics_.end()) {
        ages_.splice(ages_.end(), ages_, found->second.age);
    } else {
        if (topics_.size() >= max_topics_) {
            topics_.erase(topics_.find(*ages_.front()));
            ages_.pop_front();
            ++run_;
        }
        found = topics_.emplace(topic, Topic{{run_, 0}, {}}).first;
        found->second.age = ages_.insert(ages_.end(), &found->first);
    }
    ++found->second.last.sequence;
    return found->second.last;
}

void EventCounter::give_back(std::string_view topic) {
    if (const auto found = topics_.find(topic); found != topics_.end()) --found->second.last.sequence;
}

} // namespace malla::discovery
