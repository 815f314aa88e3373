// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/served_stream.hpp"
#include "malla/node/workers.hpp"
#include "malla/service/service_core.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace malla {

/// A call whose handler may give a stream. Then it runs again and again: each time it makes values while
/// there is credit, and between two runs it keeps neither a thread nor the gate of its service.
class StreamingCall : public Gate::Job, public Work {
public:
    [[nodiscard]] virtual ServiceCore& core() noexcept = 0;
    /// Whether nobody waits for it any more.
    [[nodiscard]] virtual bool is_cancelled() const noexcept = 0;

protected:
    using Gate::Job::Job;
    ~StreamingCall() = default;

    /// Null until the handler has given one. For whoever runs the call.
    [[nodiscard]] ServedStream* stream() const noexcept { return stream_.get(); }

private:
    friend class ServedStreams;

    std::unique_ptr<ServedStream> stream_;
    bool rests_ = false; ///< nobody runs it, and nobody will before it can go on
};

/// Runs the streams of a node when they can go on. Any thread; a call is passed while it is there.
class ServedStreams {
public:
    /// How many may go on at once.
    static constexpr std::size_t max_streams = 4096;

    /// `on_stalled` sees to it that `retry` is called soon; it is called under the mutex.
    ServedStreams(Workers& workers, std::function<void()> on_stalled);

    [[nodiscard]] bool full() const noexcept { return count_.load(std::memory_order_relaxed) >= max_streams; }
    /// The handler of a call that runs gave this.
    void begin(StreamingCall& call, std::unique_ptr<ServedStream> stream);
    void add(StreamingCall& call, const wire::Credit& credit);
    /// Has it run when it rests, so that it sees that it is cancelled.
    void wake(StreamingCall& call);
    /// It has run, is outside of its service, and needs this to go on: from now on it may run anywhere. False when
    /// it is over; then it may be destroyed.
    [[nodiscard]] bool rest(StreamingCall& call, ServedStream::Needs needs);
    /// Goes on with those for which there was no room on the way to their callers.
    void retry();

private:
    void go_on_locked(StreamingCall& call);

    Workers& workers_;
    const std::function<void()> on_stalled_;
    std::atomic<std::size_t> count_ = 0;
    std::mutex mutex_; ///< of what is the streams' in the calls, too
    std::vector<StreamingCall*> stalled_;
};

} // namespace malla
