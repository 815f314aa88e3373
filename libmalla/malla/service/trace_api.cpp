// SPDX-License-Identifier: Apache-2.0
#include "malla/service/trace_api.hpp"

namespace malla::trace {

namespace {

std::string_view result_of(const SpanEnd& end) noexcept {
    switch (end.outcome) {
    case SpanOutcome::ok: return "ok";
    case SpanOutcome::failed: return end.status ? end.status->id() : "failed";
    case SpanOutcome::thrown: return "exception";
    }
    return "ok";
}

} // namespace

std::string line_of(const LogRecord& record) {
    std::string line{record.text};
    append_text(line, record.labels);
    if (!record.service.empty()) append_text(line, {{"service", record.service}});
    if (record.span.context.is_valid())
        append_text(line, {{"trace", record.span.context.trace_id()}, {"span", record.span.context.span_id()}});
    return line;
}

void BeginSpan::default_answer(const SpanStart& start) {
    emit_metric({"malla.tracer.starts", 1, {{"span_name", start.span.name}}, start.span.service});
}

void EndSpan::default_answer(const SpanEnd& end) {
    emit_metric(
        {"malla.tracer.stops", 1, {{"span_name", end.span.name}, {"result", result_of(end)}}, end.span.service});
}

} // namespace malla::trace
