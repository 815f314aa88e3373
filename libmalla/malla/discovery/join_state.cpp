// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/join_state.hpp"

#include <algorithm>
#include <utility>

namespace malla::discovery {

void JoinState::add(LinkId link, std::string endpoint, bool named) {
    const std::lock_guard lock{mutex_};
    entries_.insert_or_assign(link, Entry{std::move(endpoint), named});
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
        entry.answered = entry.up = true;
        entry.absent = false;
        entry.refusal.reset();
    });
}

void JoinState::absent(LinkId link) {
    edit(link, [](Entry& entry) { entry.absent = true; });
}

void JoinState::lost(LinkId link) {
    edit(link, [](Entry& entry) { entry.up = false; });
}

void JoinState::settled(LinkId link) {
    edit(link, [this](Entry& entry) {
        entry.settled = true;
        if (!first_told_at_) first_told_at_ = Clock::now();
    });
}

void JoinState::is_itself(LinkId link) {
    edit(link, [](Entry& entry) { entry.answered = entry.up = entry.settled = true; });
}

void JoinState::refused(LinkId link, const Status& status) {
    edit(link, [&](Entry& entry) {
        entry.answered = true;
        entry.up = false;
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

bool JoinState::is_decided() const {
    return closed_ || std::ranges::all_of(entries_, [this](const auto& each) {
               const Entry& entry = each.second;
               return entry.settled || entry.refusal || (entry.absent && first_told_at_);
           });
}

bool JoinState::wait_decided(std::unique_lock<std::mutex>& lock, Deadline deadline) const {
    while (!is_decided()) {
        const auto now = Clock::now();
        const auto enough = first_told_at_ ? std::optional{Deadline{*first_told_at_ + grace}} : std::nullopt;
        if (enough && enough->passed(now)) return true;
        if (deadline.passed(now)) return false;
        changed_.wait_until(lock, std::min(deadline, enough.value_or(deadline)).at());
    }
    return true;
}

Result<void> JoinState::wait(Deadline deadline) const {
    std::unique_lock lock{mutex_};
    (void)wait_decided(lock, deadline);
    if (first_told_at_) return {};
    if (auto status = find_refusal()) return *std::move(status);
    if (const auto endpoints = find_unreachable(); !endpoints.empty())
        return Status{"endpoint_unreachable", endpoints.front()};
    return {};
}

std::vector<MeetingPlace> JoinState::places() const {
    std::vector<MeetingPlace> all;
    const std::lock_guard lock{mutex_};
    for (const auto& [link, entry] : entries_) {
        auto hindrance = entry.refusal;
        if (!hindrance && !entry.up) hindrance = Status{"endpoint_unreachable", entry.endpoint};
        all.push_back({entry.endpoint, entry.named, std::move(hindrance)});
    }
    return all;
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
