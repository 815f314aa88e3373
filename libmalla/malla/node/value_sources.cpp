// SPDX-License-Identifier: Apache-2.0
// Streams as their callers have them: from another node, and from a service of this one.
#include "malla/node/node_core.hpp"
#include "malla/node/remote_stream.hpp"

#include <algorithm>
#include <stop_token>
#include <utility>

namespace malla {

namespace {

class RemoteSource final : public ValueSource {
public:
    RemoteSource(CallWays& ways, Request request) : call_{ways, std::move(request)} { call_.begin(); }

    [[nodiscard]] bool wait(Deadline until) override { return call_.wait(until); }
    [[nodiscard]] Result<std::optional<Returned>> next() override {
        call_.wait(Deadline{Clock::time_point::max()});
        return call_.take();
    }

private:
    CallState call_;
};

/// Runs the handler's function on the thread of its caller, each time as a call of its own.
class LocalSource final : public ValueSource {
public:
    LocalSource(const Node::Core& core, RequestId id, std::shared_ptr<ServedService> service, Request request)
        : service_{std::move(service)}, request_{std::move(request)} {
        info_.id = id;
        info_.root = current_root();
        info_.caller = core.id();
        info_.caller_name = core.name();
        info_.deadline =
            std::min(request_.options.deadline.value_or(Deadline{Clock::time_point::max()}), current_deadline());
        info_.cancelled = stop_.get_token();
        for (const auto& [key, value] : request_.options.metadata) info_.metadata.emplace_back(key, value);
    }
    ~LocalSource() override { stop_.request_stop(); }

    /// Begins it; what that gives is the first thing that `next` says.
    void open(const OutgoingTrace* trace) {
        TraceContext::Text text;
        traceparent_ = traceparent_of(request_.options, trace, text);
        info_.traceparent = traceparent_;
        LocalEntry entry{service_->hosted->core(), request_.options.deadline};
        if (!entry.entered()) return end(entry.refusal());
        if (info_.deadline.passed(Clock::now())) return end(Status{"expired"});
        const auto callback = service_->find(request_.callback);
        if (!callback) return end(Status{"request_op_unknown", request_.callback});
        if (!service_->gives_stream(*callback)) return run(*callback, entry.gate());
        auto stream = service_->open(*callback, request_.content, request_.body, entry.gate(), info_);
        if (stream) stream_ = *std::move(stream);
        else end(std::move(stream).error());
    }

    [[nodiscard]] bool wait(Deadline) override { return true; }
    [[nodiscard]] Result<std::optional<Returned>> next() override {
        if (only_) return std::exchange(only_, std::nullopt);
        if (failure_) return *failure_;
        if (!stream_) return std::optional<Returned>{};
        LocalEntry entry{service_->hosted->core(), request_.options.deadline};
        if (info_.deadline.passed(Clock::now())) return Status{"deadline_exceeded"};
        if (!entry.entered()) return answered(entry.refusal());
        std::string body;
        const auto made = stream_->next(entry.gate(), info_, body);
        if (!made) return service_->with_metadata(made.error());
        if (!*made) return std::optional<Returned>{};
        return std::optional{Returned{std::move(body)}};
    }

    [[nodiscard]] const Request& request() const noexcept { return request_; }
    [[nodiscard]] const Status* failure() const noexcept { return failure_ ? &*failure_ : nullptr; }

private:
    void end(Status why) { failure_ = std::move(why); }

    /// A callback that gives one value is a stream of one.
    void run(std::size_t callback, Gate* gate) {
        std::string body;
        auto result = service_->run(callback, request_.callback, request_.content, request_.body, gate, info_, body);
        if (result) only_ = Returned{std::move(body)};
        else end(std::move(result).error());
    }

    const std::shared_ptr<ServedService> service_;
    const Request request_;
    std::string traceparent_;
    std::stop_source stop_;
    CallInfo info_; ///< points into what is above
    std::optional<Status> failure_;
    std::optional<Returned> only_;
    std::unique_ptr<OutgoingStream> stream_;
};

} // namespace

std::unique_ptr<ValueSource> Node::Core::stream(Request request) {
    request.stream = true;
    const auto local = own_choice(request);
    if (!local) return std::make_unique<RemoteSource>(*this, std::move(request));
    auto source = std::make_unique<LocalSource>(*this, RequestId{id_, next_call_number()}, local, std::move(request));
    const Request& made = source->request();
    const auto trace = OutgoingTrace::begin(made.service, made.callback, made.options.traceparent);
    source->open(trace.get());
    if (trace) trace->end(source->failure());
    if (source->failure() && may_go_elsewhere(*local, *source->failure()))
        return std::make_unique<RemoteSource>(*this, source->request());
    return source;
}

} // namespace malla
