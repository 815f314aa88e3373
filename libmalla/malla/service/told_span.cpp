// SPDX-License-Identifier: Apache-2.0
#include "malla/service/told_span.hpp"

#include "malla/base/log.hpp"
#include "malla/service/events.hpp"
#include "malla/service/service_core.hpp"

#include <array>
#include <chrono>
#include <exception>
#include <mutex>
#include <utility>

namespace malla::trace {

namespace {

constexpr std::size_t max_traces = 64;      // counted at once; the oldest is forgotten
constexpr std::size_t max_text_bytes = 256; // of a label, of what a status says

template <class Duration>
std::int64_t microseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

Json value_of(const LabelValue& label) {
    return std::visit(
        [](const auto& value) -> Json {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string_view>)
                return value.substr(0, max_text_bytes);
            else return value;
        },
        label.kinds());
}

std::string_view name_of(SpanKind kind) {
    return kind == SpanKind::server ? "server" : kind == SpanKind::client ? "client" : "internal";
}

/// How many spans were told of each trace lately. Any thread.
class Told {
public:
    std::size_t add(std::uint64_t trace) {
        const std::lock_guard lock{mutex_};
        for (auto& [known, count] : counts_)
            if (known == trace) return ++count;
        counts_[oldest_] = {trace, 1};
        oldest_ = (oldest_ + 1) % counts_.size();
        return 1;
    }

private:
    std::mutex mutex_;
    std::array<std::pair<std::uint64_t, std::size_t>, max_traces> counts_{};
    std::size_t oldest_ = 0;
};
Told told;

void publish(const ServiceCore& service, const TraceContext& trace, Json what) {
    if (const auto events = service.events())
        (void)events->publish(events->make(service.name(), trace.told_topic(), std::move(what)));
}

} // namespace

ToldSpan::ToldSpan(const SpanStart& start, bool its_plugins_hear) : reported{its_plugins_hear}, about{Json::object()} {
    about.set("span", start.span.context.span_id())
        .set("parent", start.parent.is_valid() ? Json{start.parent.span_id()} : Json{})
        .set("name", start.span.name.substr(0, max_text_bytes))
        .set("kind", name_of(start.kind));
    Json labels = Json::object();
    for (const Label& label : start.labels) labels.set(label.key, value_of(label.value));
    about.set("labels", std::move(labels));
    about.set("at_us", microseconds(std::chrono::system_clock::now().time_since_epoch()));
}

void ToldSpan::tell(const ServiceCore& service, const SpanEnd& end) noexcept {
    try {
        const TraceContext& trace = end.span.context;
        const std::size_t count = told.add(trace.trace_low);
        if (count > max_spans + 1) return;
        if (count > max_spans) return publish(service, trace, Json::object({{"more", true}}));
        about.set("took_us", microseconds(end.took));
        about.set("status", end.status ? end.status->id() : end.outcome == SpanOutcome::thrown ? "exception" : "ok");
        if (end.status) about.set("info", std::string_view{end.status->info()}.substr(0, max_text_bytes));
        publish(service, trace, std::move(about));
    } catch (const std::exception&) {
        log(LogLevel::warning, "a span of a traced call was not told: there was no memory for it");
    }
}

} // namespace malla::trace
