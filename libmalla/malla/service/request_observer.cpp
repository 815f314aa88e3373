// SPDX-License-Identifier: Apache-2.0
#include "malla/service/request_observer.hpp"

namespace malla {

void RequestObservers::add(RequestObserver& observer) {
    const std::lock_guard lock{mutex_};
    observers_.push_back(&observer);
    any_.store(true, std::memory_order_relaxed);
}

void RequestObservers::remove(RequestObserver& observer) noexcept {
    const std::lock_guard lock{mutex_};
    std::erase(observers_, &observer);
    any_.store(!observers_.empty(), std::memory_order_relaxed);
}

void RequestObservers::tell_all(std::string_view service, std::string_view callback, Clock::duration took,
                                const Status* failure) noexcept {
    const std::lock_guard lock{mutex_};
    for (RequestObserver* observer : observers_) observer->finished(service, callback, took, failure);
}

} // namespace malla
