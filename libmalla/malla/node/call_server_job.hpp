// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/call_server.hpp"
#include "malla/wire/call.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace malla {

/// One call from its arrival to its answer. Once admitted it deletes itself.
class CallServer::Job final : public StreamingCall {
public:
    Job(CallServer& server, transport::Message&& message)
        : StreamingCall{RequestId{}}, server_{server}, message_{std::move(message)}, identity_{server.identity_of(
                                                                                         message_)} {}
    ~Job() {
        if (!service_) return;
        service_->in_flight.fetch_sub(1, std::memory_order_relaxed);
        server_.forget(*this);
    }

    /// Reads the message; everything read points into it.
    [[nodiscard]] Result<void> read() {
        auto call = wire::decode_call(message_.bytes());
        if (!call) return std::move(call).error();
        call_ = std::move(*call);
        set_root(call_.root.is_nil() ? RequestId{call_.origin, call_.id} : call_.root);
        return {};
    }

    /// False when the server drains.
    [[nodiscard]] bool accept(std::shared_ptr<ServedService> service, std::size_t callback, Deadline deadline) {
        if (!server_.remember(*this)) return false;
        service_ = std::move(service);
        callback_ = callback;
        info_ = CallInfo{
            {call_.origin, call_.id}, root(),         call_.origin,      call_.caller,    deadline,
            call_.traceparent,        call_.metadata, stop_.get_token(), identity_->name, identity_->may_administer};
        service_->in_flight.fetch_add(1, std::memory_order_relaxed);
        return true;
    }

    [[nodiscard]] transport::Peer peer() const noexcept { return message_.peer(); }
    /// Whether the next message came together with its own.
    [[nodiscard]] bool is_followed() const noexcept { return message_.followed(); }
    [[nodiscard]] int connection() const noexcept { return message_.connection(); }
    [[nodiscard]] std::string_view bytes() const noexcept { return message_.bytes(); }
    [[nodiscard]] const wire::Call& call() const noexcept { return call_; }
    [[nodiscard]] ServiceCore& core() noexcept override { return service_->hosted->core(); }
    [[nodiscard]] bool slow() const noexcept { return service_->slow[callback_].load(std::memory_order_relaxed); }
    void cancel() noexcept { stop_.request_stop(); }
    [[nodiscard]] bool is_cancelled() const noexcept override { return stop_.stop_requested(); }
    /// Whether its handler gave a stream: then it is for `ServedStreams` to say when it runs.
    [[nodiscard]] bool has_stream() const noexcept { return has_stream_.load(); }

    void set_repeatable() noexcept { repeatable_ = true; }
    /// Whether it goes on when the connection that it came over has ended: nobody waits for it, or its caller may ask
    /// again over another one.
    [[nodiscard]] bool outlives_caller() const noexcept { return call_.one_way || repeatable_; }

    void refuse(const Status& status) {
        if (call_.one_way || answered_.exchange(true)) return;
        auto frame = wire::encode(wire::Failure{call_.id, status});
        if (repeatable_) answer_repetitions(frame, status.outcome() == Outcome::not_run);
        server_.answer(peer(), std::move(frame));
    }

    void granted() noexcept override { server_.workers_.post_after_this(*this); }

    /// The gate is held, where the service has one.
    void run() noexcept override {
        if (!stream()) run_handler();
        const bool streams = stream() != nullptr;
        const auto needs = streams ? run_stream() : ServedStream::Needs::nothing;
        if (!core().concurrent()) core().gate().leave();
        if (!streams || !server_.streams_.rest(*this, needs)) delete this;
    }

    /// A stream that has begun goes on when there is a thread.
    [[nodiscard]] bool give_up() noexcept override {
        if (stream()) return false;
        refuse(Status{"busy", core().name()});
        if (!core().concurrent()) core().gate().leave();
        delete this;
        return true;
    }

private:
    ServedStream::Needs run_stream() {
        const auto needs = stream()->go_on(gate(), info_, [this](std::string&& frame) {
            if (answered_) return transport::Sent::unreachable; // by the end of the node
            return server_.send_to(peer(), std::move(frame));
        });
        if (needs == ServedStream::Needs::nothing && stream()->end() && !answered_.exchange(true)) {
            wire::StreamEnd end = *stream()->end();
            if (end.status) end.status = service_->with_metadata(*std::move(end.status));
            server_.answer(peer(), wire::encode(end));
        }
        return needs;
    }

    void open_stream() {
        auto stream = service_->open(callback_, call_.content, call_.body, gate(), info_);
        if (!stream) return refuse(stream.error());
        has_stream_.store(true);
        server_.streams_.begin(
            *this, std::make_unique<ServedStream>(*std::move(stream), call_.id, call_.content, *call_.window));
    }

    [[nodiscard]] Gate* gate() noexcept { return core().concurrent() ? nullptr : &core().gate(); }

    void run_handler() {
        const auto began = Clock::now();
        if (!core().open()) return refuse(core().refusal());
        if (stop_.stop_requested()) return refuse(Status{"cancelled"});
        if (info_.deadline.passed(began)) return refuse(Status{"expired"});
        if (service_->gives_stream(callback_)) return open_stream();
        // The buffer is taken, not borrowed: a handler may wait, and another run on this thread meanwhile.
        static thread_local std::string spare;
        std::string frame = std::exchange(spare, {});
        frame.clear();
        wire::encode_header(frame, wire::Reply{call_.id, call_.content, {}});
        const auto result = service_->run(callback_, call_.callback, call_.content, call_.body, gate(), info_, frame);
        const auto took = Clock::now() - began;
        service_->slow[callback_].store(took > server_.takeover_after_, std::memory_order_relaxed);
        service_->served.count(took, !result);
        if (!result) return refuse(result.error());
        if (call_.one_way || answered_.exchange(true)) return;
        if (repeatable_) answer_repetitions(frame, false);
        if (frame.size() > keep_buffer_bytes) return server_.answer(peer(), std::move(frame));
        server_.answer(*this, frame);
        spare = std::move(frame);
    }

    void answer_repetitions(const std::string& frame, bool not_run) {
        AnsweredCalls& calls = server_.answered_calls_;
        const RequestId id{call_.origin, call_.id};
        for (const auto other : not_run ? calls.not_run(id) : calls.answered(id, frame))
            server_.answer(other, std::string{frame});
    }

    static constexpr std::size_t keep_buffer_bytes = 1024; ///< longer answers are handed over instead of copied

    CallServer& server_;
    transport::Message message_;
    const std::shared_ptr<const transport::Identity> identity_;
    wire::Call call_;
    std::shared_ptr<ServedService> service_;
    std::size_t callback_ = 0;
    bool repeatable_ = false; ///< repetitions of it may come
    std::stop_source stop_;
    std::atomic<bool> answered_ = false;
    std::atomic<bool> has_stream_ = false;
    CallInfo info_;
};

} // namespace malla
