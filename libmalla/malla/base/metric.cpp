// SPDX-License-Identifier: Apache-2.0
#include "malla/base/metric.hpp"

#include <atomic>

namespace malla {

namespace {

constinit std::atomic<MetricSink> current_sink = nullptr;

} // namespace

MetricSink set_metric_sink(MetricSink sink) noexcept { return current_sink.exchange(sink, std::memory_order_acq_rel); }

bool has_metric_sink() noexcept { return current_sink.load(std::memory_order_relaxed) != nullptr; }

void emit_metric(const Metric& metric) noexcept {
    if (const MetricSink sink = current_sink.load(std::memory_order_acquire)) sink(metric);
}

} // namespace malla
