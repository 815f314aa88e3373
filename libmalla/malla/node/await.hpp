// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/future.hpp"

#include <coroutine>
#include <utility>

namespace malla {

/// Waits for the result of a call in a coroutine: `co_await await(std::move(future), run)` gives what `get` gives.
///
/// A result that is there already is taken at once. Else `run(work)` has to call `work` once on a thread that may wait:
/// it waits for the result there, and the coroutine goes on on that thread.
template <class T, class Run>
class [[nodiscard]] Await {
public:
    Await(Future<T> future, Run run) : future_{std::move(future)}, run_{std::move(run)} {}

    [[nodiscard]] bool await_ready() { return future_.ready(); }
    void await_suspend(std::coroutine_handle<> waiting) {
        // What `run` does may end this object before it returns.
        Run run = std::move(run_);
        run([this, waiting] {
            (void)future_.wait_until(Deadline{Clock::time_point::max()});
            waiting.resume();
        });
    }
    [[nodiscard]] Result<T> await_resume() { return future_.get(); }

private:
    Future<T> future_;
    Run run_;
};

template <class T, class Run>
[[nodiscard]] Await<T, Run> await(Future<T> future, Run run) {
    return {std::move(future), std::move(run)};
}

} // namespace malla
