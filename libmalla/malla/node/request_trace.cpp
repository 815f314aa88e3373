// SPDX-License-Identifier: Apache-2.0
#include "malla/node/request_trace.hpp"

#include <chrono>
#include <utility>

namespace malla {

namespace {

/// What is measured of a call, whichever side measures it.
struct Measured {
    std::string_view metric;
    std::string_view service;
    std::string_view callback;
    Clock::time_point began_at;
};

void report(const ServiceCore* reporter, const Measured& call, const Status* failure) noexcept {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - call.began_at);
    trace::metric_of(reporter, call.metric, 1,
                     {{"duration_us", took.count()},
                      {"service", call.service},
                      {"op", call.callback},
                      {"result", failure ? failure->id() : "ok"}});
}

} // namespace

IncomingTrace::IncomingTrace(const ServiceCore& service, std::string_view callback, const CallInfo& info)
    : callback_{callback}, span_{"request-in",
                                 {{"service", service.name()}, {"operation", callback}, {"caller", info.caller_name}},
                                 {trace::SpanKind::server, &service, info.traceparent}} {}

Result<void> IncomingTrace::end(Result<void> result) {
    const Status* failure = result ? nullptr : &result.error();
    if (failure) span_.fail(*failure);
    span_.end();
    report(span_.service(), {"malla.request.in", span_.service()->name(), callback_, began_at_}, failure);
    return result;
}

OutgoingTrace::OutgoingTrace(std::string_view service, std::string_view callback, std::string_view traceparent)
    : service_{service}, callback_{callback}, span_{"request-out",
                                                    {{"service", service}, {"operation", callback}},
                                                    {trace::SpanKind::client, nullptr,
                                                     TraceContext::parse(traceparent) ? traceparent : ""}},
      traceparent_{span_.traceparent()} {}

OutgoingTrace::~OutgoingTrace() {
    if (ended_) return;
    const Status cancelled{"cancelled"};
    end(&cancelled);
}

void OutgoingTrace::end(const Status* failure) noexcept {
    if (std::exchange(ended_, true)) return;
    if (failure) span_.fail(*failure);
    span_.end();
    report(span_.service(), {"malla.request.out", service_, callback_, began_at_}, failure);
}

} // namespace malla
