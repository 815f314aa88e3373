// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/labels.hpp"

#include <atomic>
#include <string_view>

namespace malla {

/// One measurement, such as a count or a duration.
struct Metric {
    std::string_view name;
    double value = 1;
    Labels labels{};
    std::string_view service{}; ///< whose it is; empty outside of one
};

/// Where metrics go that no plugin takes. Called from any thread, often; must not call back into malla.
/// What it is given lives for the call only.
using MetricSink = void (*)(const Metric& metric) noexcept;

namespace detail {
extern std::atomic<MetricSink> metric_sink;
} // namespace detail

/// Replaces the sink, null at first; returns the one before. Any thread.
MetricSink set_metric_sink(MetricSink sink) noexcept;

/// Whether there is one: for those that would have to measure first. Any thread.
[[nodiscard]] inline bool has_metric_sink() noexcept {
    return detail::metric_sink.load(std::memory_order_relaxed) != nullptr;
}

/// Hands a metric to the sink, if there is one. Any thread.
void emit_metric(const Metric& metric) noexcept;

} // namespace malla
