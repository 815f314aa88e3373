// SPDX-License-Identifier: Apache-2.0
#include "malla/node/served_streams.hpp"

#include <utility>

namespace malla {

ServedStreams::ServedStreams(Workers& workers, std::function<void()> on_stalled)
    : workers_{workers}, on_stalled_{std::move(on_stalled)} {}

void ServedStreams::begin(StreamingCall& call, std::unique_ptr<ServedStream> stream) {
    count_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock{mutex_};
    call.stream_ = std::move(stream);
}

void ServedStreams::add(StreamingCall& call, const wire::Credit& credit) {
    const std::lock_guard lock{mutex_};
    if (!call.stream_) return;
    call.stream_->add(credit);
    if (call.rests_ && call.stream_->has_credit()) go_on_locked(call);
}

void ServedStreams::wake(StreamingCall& call) {
    const std::lock_guard lock{mutex_};
    if (call.rests_) go_on_locked(call);
}

bool ServedStreams::rest(StreamingCall& call, ServedStream::Needs needs) {
    std::unique_ptr<ServedStream> over; // destroyed without the mutex, and while its service is there
    const std::lock_guard lock{mutex_};
    if (needs == ServedStream::Needs::nothing) {
        over = std::move(call.stream_);
        count_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    if (needs == ServedStream::Needs::room) {
        stalled_.push_back(&call);
        if (stalled_.size() == 1) on_stalled_();
    } else if (needs == ServedStream::Needs::turn || call.is_cancelled() || call.stream_->has_credit()) {
        go_on_locked(call);
    } else {
        call.rests_ = true;
    }
    return true;
}

void ServedStreams::retry() {
    const std::lock_guard lock{mutex_};
    for (StreamingCall* call : std::exchange(stalled_, {})) go_on_locked(*call);
}

// Behind all others that wait for the service, and for a thread.
void ServedStreams::go_on_locked(StreamingCall& call) {
    call.rests_ = false;
    ServiceCore& core = call.core();
    if (!core.concurrent() && core.gate().enter_again(call) == Gate::Entry::queued) return;
    workers_.post_further(call);
}

} // namespace malla
