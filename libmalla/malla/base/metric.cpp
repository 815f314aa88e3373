// SPDX-License-Identifier: Apache-2.0
#include "malla/base/metric.hpp"

namespace malla {

constinit std::atomic<MetricSink> detail::metric_sink = nullptr;

MetricSink set_metric_sink(MetricSink sink) noexcept {
    return detail::metric_sink.exchange(sink, std::memory_order_acq_rel);
}

void emit_metric(const Metric& metric) noexcept {
    if (const MetricSink sink = detail::metric_sink.load(std::memory_order_acquire)) sink(metric);
}

} // namespace malla
