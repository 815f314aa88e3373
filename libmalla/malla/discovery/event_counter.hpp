// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>

namespace malla::discovery {

/// Counts what a node publishes, topic by topic, and forgets the topic that was not used for the
/// longest time when there are too many.
class EventCounter {
public:
    /// Within a run sequences begin at 1. A topic that was forgotten begins a higher run.
    struct Number {
        std::uint32_t run = 1;
        std::uint64_t sequence = 0;

        friend bool operator==(const Number&, const Number&) = default;
    };

    /// Remembers at most `max_topics`, one at least.
    explicit EventCounter(std::size_t max_topics = 10'000) noexcept : max_topics_{max_topics} {}

    /// The number of the next event of `topic`.
    [[nodiscard]] Number next(std::string_view topic);
    /// The event of the last `next(topic)` was not sent after all: its number is given again.
    void give_back(std::string_view topic);

private:
    struct Topic {
        Number last;
        std::list<const std::string*>::iterator age;
    };

    std::size_t max_topics_;
    std::uint32_t run_ = 1;
    std::map<std::string, Topic, std::less<>> topics_;
    std::list<const std::string*> ages_; // keys of topics_, the one used last at the end
};

} // namespace malla::discovery
