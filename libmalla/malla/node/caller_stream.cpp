// SPDX-License-Identifier: Apache-2.0
// What a call does more when it takes a stream.
#include "malla/node/caller.hpp"
#include "malla/service/service_core.hpp"

#include <algorithm>
#include <utility>

namespace malla {

Result<std::optional<Returned>> CallState::take() {
    expects_value_ = false;
    if (value_) {
        auto value = as_binary(*std::exchange(value_, std::nullopt));
        if (!value) return std::move(value).error();
        return std::optional{*std::move(value)};
    }
    if (!*outcome_) return outcome_->error();
    return std::optional<Returned>{};
}

// Time counts only while the caller waits: what it does with a value is its own affair.
void CallState::expect_value() {
    if (!request_.stream || request_.options.deadline || std::exchange(expects_value_, true)) return;
    deadline_ = std::min(Deadline::in(ways_.timeout()), current_deadline());
}

bool CallState::take_value() {
    if (!request_.stream) return false;
    value_ = channel_->take(*attempt_);
    has_begun_ = has_begun_ || value_;
    return value_.has_value();
}

// What comes behind a value is never a reason to call again.
Result<Returned> CallState::end_stream(Result<Returned> outcome) {
    if (!outcome && has_begun_) return answered(std::move(outcome).error());
    return outcome;
}

Result<Returned> CallState::give_up_stream() {
    channel_->abandon(*attempt_);
    if (auto& outcome = attempt_->outcome(); !outcome) return end_stream(std::move(outcome));
    return Status{"deadline_exceeded"}; // it ended well in this instant, without what is not taken
}

} // namespace malla
