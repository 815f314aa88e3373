// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/labels.hpp"
#include "malla/base/log.hpp"
#include "malla/base/metric.hpp"
#include "malla/base/status.hpp"
#include "malla/base/trace_context.hpp"
#include "malla/chain/callback.hpp"
#include "malla/chain/type_list.hpp"

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

/// What plugins hear of spans, logs and metrics, and what they can do about them.
///
/// A plugin that takes part in these callbacks observes what the code of its service reports, or is the
/// backend: what it answers does not go on to the default. They come from any thread, beside the calls
/// of the service and at once, and also before the plugin's start and after its stop: the plugin takes
/// care of that. What a plugin reports from inside one of them goes straight to the sinks of `base`.
/// What it throws is logged there, and changes nothing for the code that reported. Texts and labels live
/// for the call only.
namespace malla::trace {

/// The levels of what is reported, as numbers for `MALLA_LOG_MIN_LEVEL`.
enum class Level : std::uint8_t { debug = 1, metric = 2, info = 3, event = 4, notice = 5, warning = 6, error = 7 };

/// The level that the library's log has for it.
[[nodiscard]] constexpr LogLevel log_level(Level level) noexcept {
    switch (level) {
    case Level::debug:
    case Level::metric: return LogLevel::debug;
    case Level::info:
    case Level::event: return LogLevel::info;
    case Level::notice: return LogLevel::notice;
    case Level::warning: return LogLevel::warning;
    case Level::error: return LogLevel::error;
    }
    return LogLevel::error;
}

enum class SpanKind : std::uint8_t {
    internal,
    server, ///< a call that came from outside
    client, ///< a call that leaves
};

enum class SpanOutcome : std::uint8_t {
    ok,
    failed, ///< with a status
    thrown, ///< an exception passed through its end
};

/// The span that something belongs to. Outside of any span the name is empty, and the context is that
/// of the call that is being handled, if it has one.
struct SpanView {
    TraceContext context{};
    std::string_view name{};
    std::string_view service{}; ///< whose code began it, or ""
};

struct SpanStart {
    SpanView span;
    TraceContext parent; ///< not valid for the first span of a trace
    SpanKind kind;
    Labels labels;
    Clock::time_point began_at;
};

struct SpanEnd {
    SpanView span;
    SpanOutcome outcome;
    const Status* status; ///< the last one it failed with; else null
    Clock::duration took;
};

struct LogRecord {
    Level level;
    std::string_view text;
    Labels labels;
    SpanView span;
    std::string_view service; ///< whose code runs, or ""
    std::source_location where;
};

/// The text, the labels, and which service and span: "text key=value service=Shop trace=... span=...".
[[nodiscard]] std::string line_of(const LogRecord& record);

/// Nobody answers: counts it as metric "malla.tracer.starts".
struct BeginSpan : Callback<"begin_span(start)", void(const SpanStart&)> {
    static void default_answer(const SpanStart& start);
};
/// Comes once for each span that began, on whatever way it ended. After a change of the chain it may be
/// that of a span whose beginning another plugin heard. Nobody answers: metric "malla.tracer.stops".
struct EndSpan : Callback<"end_span(end)", void(const SpanEnd&)> {
    static void default_answer(const SpanEnd& end);
};
/// More is known of a span now. Nobody answers: nothing.
struct UpdateSpan : Callback<"update_span(span, labels)", void(const SpanView&, const Labels&)> {
    static void default_answer() {}
};
/// By which the span is found again. Nobody answers: nothing.
struct SetLabels : Callback<"set_labels(span, labels)", void(const SpanView&, const Labels&)> {
    static void default_answer() {}
};
/// What holds for all spans from now on. Nobody answers: nothing.
struct SetGlobals : Callback<"set_globals(labels)", void(const Labels&)> {
    static void default_answer() {}
};
/// Something happened within the span. Nobody answers: nothing.
struct RecordEvent
    : Callback<"record_event(span, name, labels)", void(const SpanView&, std::string_view, const Labels&)> {
    static void default_answer() {}
};
/// Nobody answers: it goes to the metric sink.
struct RecordMetric : Callback<"record_metric(metric)", void(const Metric&)> {
    static void default_answer(const Metric& metric) { emit_metric(metric); }
};
/// Nobody answers: it goes to the log as one line.
struct WriteLog : Callback<"write_log(record)", void(const LogRecord&)> {
    static void default_answer(const LogRecord& record) { log(log_level(record.level), line_of(record)); }
};
/// The span has failed; its end will say so too. Nobody answers: nothing.
struct MarkError : Callback<"mark_error(span, status)", void(const SpanView&, const Status&)> {
    static void default_answer() {}
};
/// What the backend knows of a span, in its own form. Nobody answers: "".
struct GetSpanInfo : Callback<"get_span_info(span)", std::string(const SpanView&)> {
    static std::string default_answer() { return {}; }
};
/// The W3C `traceparent` for calls from inside the span; one that is not well-formed counts for nothing.
/// Nobody answers: that of `span.context`.
struct GetSpanContext : Callback<"get_span_context(span)", std::string(const SpanView&)> {
    static std::string default_answer(const SpanView& span) {
        return span.context.is_valid() ? span.context.traceparent() : std::string{};
    }
};

using AllCallbacks = TypeList<BeginSpan, EndSpan, UpdateSpan, SetLabels, SetGlobals, RecordEvent, RecordMetric,
                              WriteLog, MarkError, GetSpanInfo, GetSpanContext>;

/// A set of these callbacks.
using CallbackSet = std::uint32_t;
template <class... C>
inline constexpr CallbackSet callback_set = (CallbackSet{0} | ... |
                                             (CallbackSet{1} << malla::detail::index_of<C>(AllCallbacks{})));

} // namespace malla::trace
