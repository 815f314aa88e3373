// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/context.hpp"
#include "malla/service/trace_api.hpp"
#include "malla/service/trace_log.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

class ServiceCore;

namespace trace {

struct ToldSpan;

/// What a span is part of, where that is not the code around it.
struct SpanOrigin {
    SpanKind kind = SpanKind::internal;
    const ServiceCore* service = nullptr; ///< whose plugins hear of it; null: that whose handler runs on this thread
    std::string_view traceparent{};       ///< of its parent; empty or not well-formed: the present span or call
};

/// A span that may end on another thread than it began, so nothing becomes part of it by itself.
///
/// Its end is reported once, whatever way it ends. `name`, and the service, live as long as the span.
class DetachedSpan {
public:
    explicit DetachedSpan(std::string_view name, const Labels& labels = {}, const SpanOrigin& origin = {})
        : DetachedSpan{name, origin} {
        begin(labels, origin.kind);
        (void)context(); // now: its parent may end before it does
    }
    ~DetachedSpan();
    DetachedSpan(const DetachedSpan&) = delete;
    DetachedSpan& operator=(const DetachedSpan&) = delete;

    /// More is known of it now.
    void update(const Labels& labels) const noexcept;
    /// Sets labels, by which it is found.
    void label(const Labels& labels) const noexcept;
    /// Something happened within it.
    void event(std::string_view name, const Labels& labels = {}) const noexcept;
    /// It has failed: says so now and at its end. The last status counts.
    void fail(const Status& status) noexcept;
    /// Ends it before its time, as failed if it has. Later ends count for nothing.
    void end() noexcept { end(SpanOutcome::ok); }

    [[nodiscard]] const TraceContext& context() const noexcept;
    [[nodiscard]] SpanView view() const noexcept;
    /// What calls carry that belong to it.
    [[nodiscard]] std::string traceparent() const;
    /// Null when it began outside of any service.
    [[nodiscard]] const ServiceCore* service() const noexcept { return service_; }
    /// Whether it is of a trace whose spans are told to whoever traces a call.
    [[nodiscard]] bool is_told() const noexcept { return told_; }

protected:
    DetachedSpan(std::string_view name, const SpanOrigin& origin) noexcept;
    void begin(const Labels& labels, SpanKind kind) noexcept;
    void end(SpanOutcome outcome) noexcept;
    /// Its beginning was reported and its end was not.
    [[nodiscard]] bool is_heard() const noexcept { return heard_; }

private:
    [[nodiscard]] TraceContext parent_context() const noexcept;

    std::string_view name_;
    const ServiceCore* service_;
    const DetachedSpan* parent_;
    std::string_view traceparent_; ///< of the parent, where that is not of this process
    mutable TraceContext context_; ///< made when it is first asked for
    std::optional<Status> failure_;
    Clock::time_point began_at_{};
    bool heard_ = false;
    bool told_ = false;
    std::unique_ptr<ToldSpan> to_tell_; ///< at its end
};

} // namespace trace

/// Says how long something took and how it ended, for as long as it is in scope:
///
///     malla::Span span{"price the basket", {{"items", basket.size()}}};
///
/// What happens on this thread meanwhile belongs to it: spans, logs, and calls to other nodes. Its end
/// is reported with its outcome: thrown when an exception passes, failed when `fail` was called, else ok.
/// The plugins of the service whose code opens it hear of it; outside of any service it is only the
/// context for calls. One that nobody hears of reads no clock and allocates nothing. Spans end in the opposite order of
/// their beginning, on their thread. `name` lives as long as the span.
class Span : public trace::DetachedSpan {
public:
    explicit Span(std::string_view name, const Labels& labels = {}, const trace::SpanOrigin& origin = {});
    /// A text that ends before the span does.
    template <class S>
        requires std::same_as<S, std::string>
    explicit Span(S&& name, const Labels& labels = {}, const trace::SpanOrigin& origin = {}) = delete;
    ~Span();
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

    /// The innermost one on this thread, or null.
    [[nodiscard]] static Span* current() noexcept { return current_; }

private:
    Span* outer_;
    int exceptions_ = 0; ///< under way when it began, if that was heard

    // One copy for the process, shared with services loaded from shared objects.
    [[gnu::visibility("default"), gnu::tls_model("initial-exec")]] static thread_local constinit Span* current_;
};

namespace trace {

// These are for the span that is open, wherever that was done; outside of any, for the service.

void update(const Labels& labels) noexcept;
void labels(const Labels& labels) noexcept;
void event(std::string_view name, const Labels& labels = {}) noexcept;
/// For all spans from now on, as far as the backend does that.
void globals(const Labels& labels) noexcept;
/// Marks the span as failed and gives the status back: `return trace::error(Status{"not_found"});`.
Status error(Status status) noexcept;
void metric(std::string_view name, double value = 1, const Labels& labels = {}) noexcept;
/// As above, of that service, or of none when it is null.
void metric_of(const ServiceCore* service, std::string_view name, double value, const Labels& labels) noexcept;
/// What the backend knows of the span, in its own form; "" without such a backend.
[[nodiscard]] std::string info_of_span();

/// The W3C trace context of the open span, else that of the call that is being handled, else "".
[[nodiscard]] std::string traceparent();
/// The same without a backend's say, where `call` is being handled or none; written into `text` if need be.
[[nodiscard]] inline std::string_view traceparent(const CallInfo* call, TraceContext::Text& text) noexcept {
    if (const Span* span = Span::current()) {
        text = span->context().text();
        return {text.data(), text.size()};
    }
    return call ? call->traceparent : std::string_view{};
}

} // namespace trace
} // namespace malla
