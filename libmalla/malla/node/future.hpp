// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/caller.hpp"

#include <memory>
#include <utility>

namespace malla {

/// A call whose result is taken later. It is sent at once where an instance is known, and its answer
/// is kept; waiting for a first instance, and trying another one, is done by whoever waits. Destroying it cancels the
/// call. One thread at a time; it must not outlive its node, nor the service whose code made the call.
template <class T>
class [[nodiscard]] Future {
public:
    using Decode = Result<T> (*)(std::string_view body);

    Future(std::unique_ptr<CallState> call, Decode decode) noexcept : call_{std::move(call)}, decode_{decode} {}

    /// Whether the result is there by `until`.
    [[nodiscard]] bool wait_until(Deadline until) { return call_->wait(until); }
    /// Whether the result is there now; takes in what has arrived.
    [[nodiscard]] bool ready() { return call_->wait(Deadline{Clock::now()}); }

    /// The result, waiting for it until the call's deadline at most. Once.
    [[nodiscard]] Result<T> get() {
        call_->wait(Deadline{Clock::time_point::max()});
        auto& outcome = call_->outcome();
        if (!outcome) return std::move(outcome).error();
        return decode_(outcome->body());
    }

private:
    std::unique_ptr<CallState> call_;
    Decode decode_;
};

} // namespace malla
