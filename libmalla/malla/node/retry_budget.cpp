// SPDX-License-Identifier: Apache-2.0
#include "malla/node/retry_budget.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace malla {

using namespace std::chrono_literals;

void RetryBudgets::failed(std::string_view service) {
    const std::lock_guard lock{mutex_};
    used_[std::string{service}].failed();
    count_.store(used_.size(), std::memory_order_relaxed);
}

void RetryBudgets::succeeded(std::string_view service) {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard lock{mutex_};
    const auto known = used_.find(service);
    if (known == used_.end()) return;
    known->second.succeeded();
    if (known->second.is_full()) used_.erase(known);
    count_.store(used_.size(), std::memory_order_relaxed);
}

bool RetryBudgets::allow_retries(std::string_view service) const {
    const std::lock_guard lock{mutex_};
    const auto known = used_.find(service);
    return known == used_.end() || known->second.allows_retries();
}

Clock::duration longest_pause(unsigned rounds) noexcept {
    return std::min<Clock::duration>(1s, 25ms * (1 << std::min(rounds, 6U)));
}

std::optional<Clock::duration> retry_after(const Status& refusal) {
    const auto said = refusal.data().find("retry_after_ms");
    if (refusal.id() != "busy" || said == refusal.data().end()) return std::nullopt;
    std::uint32_t milliseconds = 0;
    const char* const end = said->second.data() + said->second.size();
    const auto read = std::from_chars(said->second.data(), end, milliseconds);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return std::chrono::milliseconds{milliseconds};
}

} // namespace malla
