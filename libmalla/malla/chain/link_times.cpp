// SPDX-License-Identifier: Apache-2.0
#include "malla/chain/link_times.hpp"

#include <utility>

namespace malla {

thread_local constinit LinkTimes::Run* LinkTimes::Run::current_ = nullptr;

LinkTimes::~LinkTimes() {
    for (const Meter* each = first_.load(); each != nullptr;) delete std::exchange(each, each->next_);
}

const LinkTimes::Meter* LinkTimes::find(std::string_view plugin) const noexcept {
    const Meter* each = first_.load(std::memory_order_acquire);
    while (each != nullptr && each->plugin_ != plugin) each = each->next_;
    return each;
}

LinkTimes::Meter& LinkTimes::meter(std::string_view plugin) {
    if (const Meter* known = find(plugin)) return const_cast<Meter&>(*known);
    auto* added = new Meter{*this, plugin, first_.load(std::memory_order_relaxed)};
    first_.store(added, std::memory_order_release);
    return *added;
}

LinkTime LinkTimes::of(std::string_view plugin) const noexcept {
    const Meter* known = find(plugin);
    return known ? known->read() : LinkTime{};
}

LinkTime LinkTimes::Meter::read() const noexcept {
    return {calls_.load(std::memory_order_relaxed), Clock::duration{own_.load(std::memory_order_relaxed)},
            Clock::duration{longest_.load(std::memory_order_relaxed)}};
}

LinkTimes::Run::~Run() {
    current_ = outer_;
    const auto took = Clock::now() - began_at_;
    // Between the two there may be links of other chains, whose calls this one made.
    for (Run* above = outer_; above; above = above->outer_) {
        if (above->meter_->times_ != meter_->times_) continue;
        above->below_ += took;
        break;
    }
    const auto own = (took - below_).count();
    meter_->calls_.fetch_add(1, std::memory_order_relaxed);
    meter_->own_.fetch_add(own, std::memory_order_relaxed);
    auto longest = meter_->longest_.load(std::memory_order_relaxed);
    while (own > longest && !meter_->longest_.compare_exchange_weak(longest, own, std::memory_order_relaxed)) {
    }
}

} // namespace malla
