// SPDX-License-Identifier: Apache-2.0
#include "malla/node/circuit.hpp"

namespace malla {

namespace {

Clock::rep second_of(Clock::time_point at) { return at.time_since_epoch() / std::chrono::seconds{1}; }

} // namespace

void Circuit::connection_failed(Clock::time_point now) {
    if (++connection_failures_ >= max_connection_failures || open_) open(now);
}

void Circuit::answered(bool busy, Clock::time_point now) {
    if (open_) {
        if (!std::exchange(probing_, false) || busy) return; // others were on their way before it opened
        *this = {};
        return;
    }
    connection_failures_ = 0;
    const auto number = second_of(now);
    Slot& slot = last_[static_cast<std::size_t>(number) % slots];
    if (slot.number != number) slot = {number};
    ++slot.answers;
    slot.busy += busy ? 1 : 0;
    const Slot all = sum(now);
    if (busy && all.answers >= min_answers && 2 * all.busy > all.answers) open(now);
}

bool Circuit::let_through(Clock::time_point now) {
    if (!open_) return true;
    if (now < probe_at_) return false;
    probe_at_ = now + probe_every;
    return probing_ = true;
}

bool Circuit::is_unused(Clock::time_point now) const {
    return !open_ && connection_failures_ == 0 && sum(now).busy == 0;
}

void Circuit::open(Clock::time_point now) {
    open_ = true;
    probing_ = false;
    probe_at_ = now + probe_every;
}

Circuit::Slot Circuit::sum(Clock::time_point now) const {
    const auto number = second_of(now);
    Slot all{number};
    for (const Slot& slot : last_) {
        if (slot.number <= number - static_cast<Clock::rep>(slots)) continue;
        all.answers += slot.answers;
        all.busy += slot.busy;
    }
    return all;
}

void Circuits::connection_failed(NodeId node, Clock::time_point now) {
    const std::lock_guard lock{mutex_};
    used_[Key{node, {}}].connection_failed(now);
    count_.store(used_.size(), std::memory_order_relaxed);
}

void Circuits::answered(NodeId node, std::string_view service, bool busy, Clock::time_point now) {
    if (!busy && count_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard lock{mutex_};
    const Key of_service{node, service};
    if (busy) used_.try_emplace(of_service);
    for (const Key& key : {Key{node, {}}, of_service}) {
        const auto known = used_.find(key);
        if (known == used_.end()) continue;
        known->second.answered(busy && !key.second.empty(), now);
        if (known->second.is_unused(now)) used_.erase(known);
    }
    count_.store(used_.size(), std::memory_order_relaxed);
}

void Circuits::mark(std::vector<Instance>& instances, std::string_view service) const {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard lock{mutex_};
    std::size_t may_be_ejected = instances.size() / 2;
    for (Instance& instance : instances) {
        instance.ejected =
            may_be_ejected > 0 && (is_open({instance.node, {}}) || is_open({instance.node, std::string{service}}));
        may_be_ejected -= instance.ejected ? 1 : 0;
    }
}

bool Circuits::let_through(NodeId node, std::string_view service, Clock::time_point now) {
    const std::lock_guard lock{mutex_};
    const auto connection = used_.find({node, {}});
    if (connection != used_.end() && !connection->second.let_through(now)) return false;
    const auto known = used_.find({node, std::string{service}});
    return known == used_.end() || known->second.let_through(now);
}

void Circuits::forget(NodeId node) {
    const std::lock_guard lock{mutex_};
    std::erase_if(used_, [&](const auto& each) { return each.first.first == node; });
    count_.store(used_.size(), std::memory_order_relaxed);
}

bool Circuits::is_open(const Key& key) const {
    const auto known = used_.find(key);
    return known != used_.end() && known->second.is_open();
}

} // namespace malla
