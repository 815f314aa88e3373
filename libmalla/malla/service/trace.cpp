// SPDX-License-Identifier: Apache-2.0
#include "malla/service/trace.hpp"

#include "malla/service/context.hpp"
#include "malla/service/service_core.hpp"
#include "malla/service/told_span.hpp"

#include <cassert>
#include <exception>
#include <utility>

namespace malla {

namespace {

// What plugins report from there would come back to them.
[[gnu::tls_model("initial-exec")]] thread_local constinit bool in_backend = false;

class InBackend {
public:
    InBackend() noexcept { in_backend = true; }
    ~InBackend() { in_backend = false; }
    InBackend(const InBackend&) = delete;
    InBackend& operator=(const InBackend&) = delete;
};

bool is_heard_by(const ServiceCore* service, trace::CallbackSet callbacks) noexcept {
    return service && !in_backend && service->traces(callbacks);
}

/// Down the chain of the service; what nobody hears, or a plugin fails at, goes to the default.
template <class C, class... A>
ResultOf<C> report(const ServiceCore* service, const A&... arguments) {
    if (is_heard_by(service, trace::callback_set<C>)) {
        const InBackend inside;
        if (auto result = service->call_beside<C>(arguments...)) {
            if constexpr (std::is_void_v<ResultOf<C>>) return;
            else return *std::move(result);
        }
    }
    if constexpr (requires { C::default_answer(arguments...); }) return C::default_answer(arguments...);
    else return C::default_answer();
}

const ServiceCore* service_of_code() noexcept {
    if (const Frame* frame = Frame::current()) return &frame->service();
    const Span* span = Span::current();
    return span ? span->service() : nullptr;
}

const ServiceCore* service_of_span() noexcept {
    if (const Span* span = Span::current(); span && span->service()) return span->service();
    return service_of_code();
}

std::string_view service_name(const ServiceCore* service) noexcept {
    return service ? service->name() : std::string_view{};
}

trace::SpanView view_here() noexcept {
    if (const Span* span = Span::current()) return span->view();
    trace::SpanView view{{}, {}, service_name(service_of_code())};
    if (const CallInfo* call = current_call())
        view.context = TraceContext::parse(call->traceparent).value_or(view.context);
    return view;
}

} // namespace

namespace trace {

DetachedSpan::DetachedSpan(std::string_view name, const SpanOrigin& origin) noexcept
    : name_{name}, service_{origin.service}, parent_{Span::current()}, traceparent_{origin.traceparent} {
    if (!service_)
        if (const Frame* frame = Frame::current()) service_ = &frame->service();
    if (traceparent_.empty() && !parent_)
        if (const CallInfo* call = current_call()) traceparent_ = call->traceparent;
    told_ = traceparent_.empty() ? parent_ && parent_->told_ : TraceContext::is_told(traceparent_);
}

DetachedSpan::~DetachedSpan() {
    if (heard_) [[unlikely]]
        end(SpanOutcome::ok);
}

void DetachedSpan::begin(const Labels& labels, SpanKind kind) noexcept {
    if (in_backend) return;
    const bool reported = has_metric_sink() || is_heard_by(service_, callback_set<BeginSpan, EndSpan>);
    const bool told = told_ && service_;
    if (!reported && !told) return;
    heard_ = true;
    began_at_ = Clock::now();
    const TraceContext parent = parent_context();
    context_ = parent.is_valid() ? parent.new_span() : TraceContext::new_trace();
    const SpanStart start{view(), parent, kind, labels, began_at_};
    if (told) to_tell_ = std::make_unique<ToldSpan>(start, reported);
    if (reported) report<BeginSpan>(service_, start);
}

void DetachedSpan::end(SpanOutcome outcome) noexcept {
    if (!std::exchange(heard_, false)) return;
    if (outcome == SpanOutcome::ok && failure_) outcome = SpanOutcome::failed;
    const SpanEnd end{view(), outcome, failure_ ? &*failure_ : nullptr, Clock::now() - began_at_};
    if (to_tell_) [[unlikely]]
        to_tell_->tell(*service_, end);
    if (!to_tell_ || to_tell_->reported) report<EndSpan>(service_, end);
}

TraceContext DetachedSpan::parent_context() const noexcept {
    if (const auto received = TraceContext::parse(traceparent_)) return *received;
    return parent_ ? parent_->context() : TraceContext{};
}

const TraceContext& DetachedSpan::context() const noexcept {
    if (!context_.is_valid()) {
        const TraceContext parent = parent_context();
        context_ = parent.is_valid() ? parent.new_span() : TraceContext::new_trace();
    }
    return context_;
}

SpanView DetachedSpan::view() const noexcept { return {context(), name_, service_name(service_)}; }

std::string DetachedSpan::traceparent() const {
    if (is_heard_by(service_, callback_set<GetSpanContext>))
        if (auto given = report<GetSpanContext>(service_, view()); TraceContext::parse(given)) return given;
    return context().traceparent();
}

void DetachedSpan::update(const Labels& labels) const noexcept {
    if (is_heard_by(service_, callback_set<UpdateSpan>)) report<UpdateSpan>(service_, view(), labels);
}

void DetachedSpan::label(const Labels& labels) const noexcept {
    if (is_heard_by(service_, callback_set<SetLabels>)) report<SetLabels>(service_, view(), labels);
}

void DetachedSpan::event(std::string_view name, const Labels& labels) const noexcept {
    if (is_heard_by(service_, callback_set<RecordEvent>)) report<RecordEvent>(service_, view(), name, labels);
}

void DetachedSpan::fail(const Status& status) noexcept {
    if (heard_) failure_ = status;
    if (is_heard_by(service_, callback_set<MarkError>)) report<MarkError>(service_, view(), status);
}

} // namespace trace

thread_local constinit Span* Span::current_ = nullptr;

Span::Span(std::string_view name, const Labels& labels, const trace::SpanOrigin& origin)
    : DetachedSpan{name, origin}, outer_{current_} {
    begin(labels, origin.kind);
    if (is_heard()) exceptions_ = std::uncaught_exceptions();
    current_ = this;
}

Span::~Span() {
    assert(current_ == this && "spans end in the opposite order of their beginning, on their thread");
    current_ = outer_;
    if (is_heard() && std::uncaught_exceptions() > exceptions_) DetachedSpan::end(trace::SpanOutcome::thrown);
}

namespace trace {

void update(const Labels& labels) noexcept {
    if (const auto* service = service_of_span(); is_heard_by(service, callback_set<UpdateSpan>))
        report<UpdateSpan>(service, view_here(), labels);
}

void labels(const Labels& labels) noexcept {
    if (const auto* service = service_of_span(); is_heard_by(service, callback_set<SetLabels>))
        report<SetLabels>(service, view_here(), labels);
}

void event(std::string_view name, const Labels& labels) noexcept {
    if (const auto* service = service_of_span(); is_heard_by(service, callback_set<RecordEvent>))
        report<RecordEvent>(service, view_here(), name, labels);
}

void globals(const Labels& labels) noexcept { report<SetGlobals>(service_of_code(), labels); }

Status error(Status status) noexcept {
    if (Span* span = Span::current()) span->fail(status);
    else if (const auto* service = service_of_code(); is_heard_by(service, callback_set<MarkError>))
        report<MarkError>(service, view_here(), status);
    return status;
}

void metric(std::string_view name, double value, const Labels& labels) noexcept {
    metric_of(service_of_code(), name, value, labels);
}

void metric_of(const ServiceCore* service, std::string_view name, double value, const Labels& labels) noexcept {
    report<RecordMetric>(service, Metric{name, value, labels, service_name(service)});
}

std::string info_of_span() {
    const ServiceCore* service = service_of_span();
    return is_heard_by(service, callback_set<GetSpanInfo>) ? report<GetSpanInfo>(service, view_here()) : std::string{};
}

std::string traceparent() {
    if (const Span* span = Span::current()) return span->traceparent();
    const CallInfo* call = current_call();
    return call ? std::string{call->traceparent} : std::string{};
}

namespace detail {

bool wants(Level level) noexcept {
    return is_logged(log_level(level)) || is_heard_by(service_of_code(), callback_set<WriteLog>);
}

void write(Level level, std::string_view text, const Labels& labels, const std::source_location& where) noexcept {
    const ServiceCore* service = service_of_code();
    report<WriteLog>(service, LogRecord{level, text, labels, view_here(), service_name(service), where});
}

} // namespace detail
} // namespace trace
} // namespace malla
