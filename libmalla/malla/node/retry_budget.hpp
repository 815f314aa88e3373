// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/status.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

/// What keeps retries from making an overload worse, as gRPC has it (proposal A6): a failure takes a token of ten, a
/// success gives a tenth of one, and with five or less there are no retries.
class RetryBudget {
public:
    void failed() noexcept { tenths_ = tenths_ > failure ? tenths_ - failure : 0; }
    void succeeded() noexcept { tenths_ += tenths_ < full ? 1 : 0; }
    [[nodiscard]] bool allows_retries() const noexcept { return 2 * tenths_ > full; }
    [[nodiscard]] bool is_full() const noexcept { return tenths_ == full; }

private:
    static constexpr int full = 100;
    static constexpr int failure = 10;
    int tenths_ = full;
};

/// A budget for each service. Any thread; costs next to nothing while none has been used.
class RetryBudgets {
public:
    void failed(std::string_view service);
    void succeeded(std::string_view service);
    [[nodiscard]] bool allow_retries(std::string_view service) const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, RetryBudget, std::less<>> used_; // those that are full are left out
    std::atomic<std::size_t> count_ = 0;
};

/// How long a call waits at most before it tries all instances again, after so many rounds.
[[nodiscard]] Clock::duration longest_pause(unsigned rounds) noexcept;

/// How long the service itself wants to be left alone: "retry_after_ms" in the data of a `busy`.
[[nodiscard]] std::optional<Clock::duration> retry_after(const Status& refusal);

} // namespace malla
