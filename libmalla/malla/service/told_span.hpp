// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/service/trace_api.hpp"

#include <cstddef>

namespace malla {

class ServiceCore;

namespace trace {

/// A span of a told trace (`TraceContext::is_told`): its end is published, with all that is known of it, for whoever
/// traces the call that caused it.
struct ToldSpan {
    /// What a process tells of one trace at most; then it says once that there was more.
    static constexpr std::size_t max_spans = 1000;

    ToldSpan(const SpanStart& start, bool reported);

    /// Publishes it as an event of `service` on the trace's topic. What cannot be published is lost.
    void tell(const ServiceCore& service, const SpanEnd& end) noexcept;

    bool reported; ///< its plugins heard of it too
    Json about;
};

} // namespace trace
} // namespace malla
