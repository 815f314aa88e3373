// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/join_state.hpp"

#include <algorithm>
#include <utility>

namespace malla::discovery {

void JoinState::add(LinkId link, std::string endpoint, bool named) {
    const std::lock_guard lock{mutex_};
    entries_.insert_or_assign(link, Entry{std::move(endpoint), named, false, false, std::nullopt});
}

template <class Edit>
void JoinState::edit(LinkId link, Edit&& change) {
    {
        const std::lock_guard lock{mutex_};
        const auto found = entries_.find(link);
        if (found == entries_.end()) return;
        change(found->second);
    }
    changed_.notify_all();
}

void JoinState::answered(LinkId link) {
    edit(link, [](Entry& entry) {
        entry.answered = true;
        entry.refusal.reset();
    });
}

void JoinState::settled(LinkId link) {
    edit(link, [](Entry& entry) { entry.settled = true; });
}

void JoinState::refused(LinkId link, const Status& status) {
    edit(link, [&](Entry& entry) {
        entry.answered = true;
        entry.refusal = status;
    });
}

void JoinState::close() {
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    changed_.notify_all();
}

bool JoinState::wait_decided(Deadline deadline) const {
    std::unique_lock lock{mutex_};
    return wait_decided(lock, deadline);
}

bool JoinState::wait_decided(std::unique_lock<std::mutex>& lock, Deadline deadline) const {
    const auto decided = [](const auto& each) { return each.second.settled || each.second.refusal; };
    return changed_.wait_until(lock, deadline.at(), [&] { return closed_ || std::ranges::all_of(entries_, decided); });
}

Result<void> JoinState::wait(Deadline deadline) const {
    std::unique_lock lock{mutex_};
    (void)wait_decided(lock, deadline);
    if (auto status = find_refusal()) return *std::move(status);
    if (const auto endpoints = find_unreachable(); !endpoints.empty())
        return Status{"endpoint_unreachable", endpoints.front()};
    return {};
}

std::vector<std::string> JoinState::unreachable() const {
    const std::lock_guard lock{mutex_};
    return find_unreachable();
}

std::optional<Status> JoinState::refusal() const {
    const std::lock_guard lock{mutex_};
    return find_refusal();
}

std::vector<std::string> JoinState::find_unreachable() const {
    std::vector<std::string> endpoints;
    for (const auto& [link, entry] : entries_)
        if (entry.named && !entry.answered) endpoints.push_back(entry.endpoint);
    return endpoints;
}

std::optional<Status> JoinState::find_refusal() const {
    for (const auto& [link, entry] : entries_)
        if (entry.refusal) return entry.refusal;
    return std::nullopt;
}

} // namespace malla::discovery
