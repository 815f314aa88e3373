// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/metric.hpp"
#include "malla/base/result.hpp"
#include "malla/node/options.hpp"
#include "malla/service/context.hpp"
#include "malla/service/service_core.hpp"
#include "malla/service/trace.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace malla {

/// Whether anybody hears of the calls that `service` handles or makes; null is code outside of any.
/// Nearly always nobody does, and a call pays for this question only.
[[nodiscard]] inline bool is_observed(const ServiceCore* service) noexcept {
    using namespace trace;
    return has_metric_sink() ||
           (service && service->traces(callback_set<BeginSpan, EndSpan, GetSpanContext, RecordMetric>));
}

/// The same for a call that came, whose caller may trace it.
[[nodiscard]] inline bool is_observed(const ServiceCore& service, const CallInfo& call) noexcept {
    return is_observed(&service) || TraceContext::is_told(call.traceparent);
}

/// One call that a service handles: span "request-in" under the caller's, and metric
/// "malla.request.in" of the service. Lives on the stack around the handler.
class IncomingTrace {
public:
    IncomingTrace(const ServiceCore& service, std::string_view callback, const CallInfo& info);

    /// Says how it ended, and gives that back.
    [[nodiscard]] Result<void> end(Result<void> result);

private:
    std::string_view callback_;
    Clock::time_point began_at_ = Clock::now();
    Span span_;
};

/// One call that leaves: span "request-out" of the service whose code makes it, and metric
/// "malla.request.out". It ends once, when the call does, or as `cancelled` with its object.
class OutgoingTrace {
public:
    /// Null when nobody hears of it. `service`, `callback` and `traceparent` live as long as it; the last is that of
    /// `CallOptions`.
    [[nodiscard]] static std::unique_ptr<OutgoingTrace> begin(std::string_view service, std::string_view callback,
                                                              std::string_view traceparent) {
        const Frame* frame = Frame::current();
        const Span* span = Span::current();
        const bool told = frame && (TraceContext::is_told(traceparent) || (span && span->is_told()));
        if (!is_observed(frame ? &frame->service() : nullptr) && !told) [[likely]]
            return nullptr;
        return std::make_unique<OutgoingTrace>(service, callback, traceparent);
    }
    OutgoingTrace(std::string_view service, std::string_view callback, std::string_view traceparent);
    ~OutgoingTrace();
    OutgoingTrace(const OutgoingTrace&) = delete;
    OutgoingTrace& operator=(const OutgoingTrace&) = delete;

    /// What the call carries.
    [[nodiscard]] const std::string& traceparent() const noexcept { return traceparent_; }
    /// `failure` is null when it gave a value.
    void end(const Status* failure) noexcept;

private:
    std::string_view service_;
    std::string_view callback_;
    Clock::time_point began_at_ = Clock::now();
    trace::DetachedSpan span_;
    std::string traceparent_;
    bool ended_ = false;
};

/// What a call carries: the context of its own span, if any, else that of its options, else that of the code that makes
/// it. Written into `text` if need be.
[[nodiscard]] inline std::string_view traceparent_of(const CallOptions& options, const OutgoingTrace* own,
                                                     TraceContext::Text& text) {
    if (own) return own->traceparent();
    if (const auto given = TraceContext::parse(options.traceparent)) { // of a later version what this one knows
        text = given->text();
        return {text.data(), text.size()};
    }
    return trace::traceparent(current_call(), text);
}

} // namespace malla
