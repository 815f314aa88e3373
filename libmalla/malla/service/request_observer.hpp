// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/status.hpp"

#include <atomic>
#include <mutex>
#include <string_view>
#include <vector>

namespace malla {

/// Is told of every call that came from another node, after its handler.
class RequestObserver {
public:
    /// On the handler's thread. `failure` is null when the call gave a value. Short, and never throws.
    virtual void finished(std::string_view service, std::string_view callback, Clock::duration took,
                          const Status* failure) noexcept = 0;

protected:
    ~RequestObserver() = default;
};

/// The observers of a node's calls. Any thread; `remove` returns when the observer is no longer in use.
class RequestObservers {
public:
    void add(RequestObserver& observer);
    void remove(RequestObserver& observer) noexcept;

    void tell(std::string_view service, std::string_view callback, Clock::duration took,
              const Status* failure) noexcept {
        if (any_.load(std::memory_order_relaxed)) tell_all(service, callback, took, failure);
    }

private:
    void tell_all(std::string_view service, std::string_view callback, Clock::duration took,
                  const Status* failure) noexcept;

    std::atomic<bool> any_ = false;
    std::mutex mutex_;
    std::vector<RequestObserver*> observers_;
};

} // namespace malla
