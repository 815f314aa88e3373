// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/discovery/directory.hpp"
#include "malla/wire/record.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla::discovery {

/// What became of a node in a directory.
struct Change {
    enum class Kind : std::uint8_t { added, updated, gone };

    Kind kind;
    NodeId node;
    std::uint64_t sequence = 0;
    std::string reason;    ///< why it is gone, for people
    bool draining = false; ///< it is gone and had announced that it takes no more calls, or may have

    friend bool operator==(const Change&, const Change&) = default;
};

/// A directory that any thread may read and wait for, while one thread, that of the loop which
/// keeps it, changes it.
class SharedDirectory {
public:
    /// Called on the keeping thread after each change, without the lock. Must not block.
    using Observer = std::function<void(const Change&)>;

    /// What `query(const Directory&)` gives. It runs under the lock: no call back into malla, and
    /// nothing in the result may point into the directory.
    template <class Query>
    [[nodiscard]] auto read(Query&& query) const {
        const std::lock_guard lock{mutex_};
        return std::forward<Query>(query)(std::as_const(directory_));
    }

    /// Waits until `predicate(const Directory&)` is true, tried now and after each change. False
    /// when `deadline` passed or `close` was called before it was.
    template <class Predicate>
    [[nodiscard]] bool wait(Predicate&& predicate, Deadline deadline) const {
        std::unique_lock lock{mutex_};
        const auto done = [&] { return closed_ || predicate(std::as_const(directory_)); };
        return changed_.wait_until(lock, deadline.at(), done) && predicate(std::as_const(directory_));
    }

    /// Grows with each change.
    [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    /// Whether `node` is listed although nobody can tell at the moment that it lives.
    [[nodiscard]] bool is_stale(NodeId node) const;

    /// From now on until the end. Before the keeping thread starts, or on it.
    void observe(Observer observer);
    /// Ends all waiting, now and later.
    void close();
    /// Has all who wait try their predicates again. Any thread.
    void wake() const;

    // The keeping thread.

    /// Lists a record that is newer than what is known, and tells of it.
    Applied announce(wire::NodeRecord record, Clock::time_point now);
    /// Takes `node` out unless it is known to be newer than `sequence`, and tells of it.
    /// Whether it was listed.
    bool gone(NodeId node, std::uint64_t sequence, std::string_view reason, Clock::time_point now);
    /// Marks exactly these as stale.
    void set_stale(std::set<NodeId> nodes);
    /// Forgets who has been gone for long enough.
    void tidy(Clock::time_point now);

    // Any thread: for the record of the node that keeps this directory.

    /// As `announce`, but observers are not told: see `tell`.
    Applied announce_quietly(wire::NodeRecord record, Clock::time_point now);
    /// Tells the observers. The keeping thread.
    void tell(const Change& change);

private:
    void changed();

    mutable std::mutex mutex_; // guards directory_, stale_, closed_
    mutable std::condition_variable changed_;
    Directory directory_;
    std::set<NodeId> stale_;
    bool closed_ = false;
    std::atomic<std::uint64_t> version_{0};
    std::vector<Observer> observers_;
};

} // namespace malla::discovery
