// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/node/choice.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla {

/// Whether an instance is given calls. It opens, so that it gets none, after `max_connection_failures` without an
/// answer in between, or when more than half of at least `min_answers` in the last `window` were `busy`. Then a call
/// goes through every `probe_every`, and the first that is answered otherwise closes it. What a service answers to a
/// call that it ran never opens it. The caller passes the time in.
class Circuit {
public:
    static constexpr unsigned max_connection_failures = 5;
    static constexpr unsigned min_answers = 10;
    static constexpr Clock::duration window = std::chrono::seconds{5};
    static constexpr Clock::duration probe_every = std::chrono::seconds{1};

    void connection_failed(Clock::time_point now);
    void answered(bool busy, Clock::time_point now);
    [[nodiscard]] bool is_open() const noexcept { return open_; }
    /// Whether a call may go through; when it is open, that call is the probe.
    [[nodiscard]] bool let_through(Clock::time_point now);
    /// Whether it is as a new one.
    [[nodiscard]] bool is_unused(Clock::time_point now) const;

private:
    struct Slot {
        Clock::rep number = -1; ///< of the second that it counts
        unsigned answers = 0;
        unsigned busy = 0;
    };
    static constexpr std::size_t slots = window / std::chrono::seconds{1};

    void open(Clock::time_point now);
    [[nodiscard]] Slot sum(Clock::time_point now) const;

    bool open_ = false;
    bool probing_ = false;
    Clock::time_point probe_at_{};
    unsigned connection_failures_ = 0;
    std::array<Slot, slots> last_{};
};

/// The circuits of the nodes that are called, and of their services. Any thread; costs next to nothing while nothing
/// has failed.
class Circuits {
public:
    void connection_failed(NodeId node, Clock::time_point now);
    void answered(NodeId node, std::string_view service, bool busy, Clock::time_point now);
    /// Marks those whose circuit is open as ejected, but half of them at most.
    void mark(std::vector<Instance>& instances, std::string_view service) const;
    [[nodiscard]] bool let_through(NodeId node, std::string_view service, Clock::time_point now);
    /// The node is gone.
    void forget(NodeId node);

private:
    using Key = std::pair<NodeId, std::string>; ///< without a service: the connection to the node

    [[nodiscard]] bool is_open(const Key& key) const;

    mutable std::mutex mutex_;
    std::map<Key, Circuit> used_;
    std::atomic<std::size_t> count_ = 0;
};

} // namespace malla
