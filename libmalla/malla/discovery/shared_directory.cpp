// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/shared_directory.hpp"

#include <utility>

namespace malla::discovery {

bool SharedDirectory::is_stale(NodeId node) const {
    const std::lock_guard lock{mutex_};
    return stale_.contains(node);
}

void SharedDirectory::observe(Observer observer) { observers_.push_back(std::move(observer)); }

void SharedDirectory::close() {
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    changed_.notify_all();
}

void SharedDirectory::wake() const {
    { const std::lock_guard lock{mutex_}; } // who is between its predicate and its wait is not missed
    changed_.notify_all();
}

Applied SharedDirectory::announce(wire::NodeRecord record, Clock::time_point now) {
    Change change{Change::Kind::updated, record.id, record.sequence, {}};
    const Applied applied = announce_quietly(std::move(record), now);
    if (applied == Applied::added) change.kind = Change::Kind::added;
    if (applied == Applied::added || applied == Applied::updated) tell(change);
    return applied;
}

Applied SharedDirectory::announce_quietly(wire::NodeRecord record, Clock::time_point now) {
    Applied applied;
    {
        const std::lock_guard lock{mutex_};
        applied = directory_.apply(std::move(record), now);
    }
    if (applied == Applied::added || applied == Applied::updated) changed();
    return applied;
}

bool SharedDirectory::gone(NodeId node, std::uint64_t sequence, std::string_view reason, Clock::time_point now) {
    bool listed = false;
    bool draining = false;
    {
        const std::lock_guard lock{mutex_};
        const wire::NodeRecord* record = directory_.find(node);
        // The news of a goodbye may overtake the record before it, so a newer one may have said so.
        draining = record != nullptr && (record->draining || record->sequence < sequence);
        listed = directory_.remove(node, sequence, now);
        stale_.erase(node);
    }
    if (!listed) return false;
    changed();
    tell(Change{Change::Kind::gone, node, sequence, std::string{reason}, draining});
    return true;
}

void SharedDirectory::set_stale(std::set<NodeId> nodes) {
    {
        const std::lock_guard lock{mutex_};
        if (stale_ == nodes) return;
        stale_ = std::move(nodes);
    }
    changed();
}

void SharedDirectory::tidy(Clock::time_point now) {
    const std::lock_guard lock{mutex_};
    directory_.tidy(now);
}

void SharedDirectory::tell(const Change& change) {
    for (const Observer& observer : observers_) observer(change);
}

void SharedDirectory::changed() {
    {
        const std::lock_guard lock{mutex_}; // whoever has just looked waits by now
        version_.fetch_add(1, std::memory_order_release);
    }
    changed_.notify_all();
}

} // namespace malla::discovery
