// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

/// Which span of which trace: what W3C Trace Context (https://www.w3.org/TR/trace-context/) carries
/// from one participant to the next.
struct TraceContext {
    std::uint64_t trace_high = 0; ///< the trace's id, never all zero
    std::uint64_t trace_low = 0;
    std::uint64_t span = 0; ///< never zero
    std::uint8_t flags = 0; ///< bit 0: somebody records the trace

    static constexpr std::size_t text_size = 55;
    /// The first half of the id of a told trace: "malla-tr".
    static constexpr std::uint64_t told_trace = 0x6d616c6c612d7472;
    static constexpr std::string_view told_trace_text = "6d616c6c612d7472";
    using Text = std::array<char, text_size>;

    /// The first span of a new, recorded trace.
    [[nodiscard]] static TraceContext new_trace();
    /// The same for a trace whose spans every participant tells on the topic `told_topic`. Its id says so, which all
    /// hand on, also those who know nothing of it.
    [[nodiscard]] static TraceContext new_told_trace();
    /// Another span of the same trace.
    [[nodiscard]] TraceContext new_span() const;

    /// Reads a `traceparent`, also of a later version of the format. Nothing for what breaks its rules.
    [[nodiscard]] static std::optional<TraceContext> parse(std::string_view traceparent) noexcept;
    /// The `traceparent`: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".
    [[nodiscard]] Text text() const noexcept;
    [[nodiscard]] std::string traceparent() const;
    /// 32 hexadecimal digits.
    [[nodiscard]] std::string trace_id() const;
    /// 16 hexadecimal digits.
    [[nodiscard]] std::string span_id() const;

    /// Not so for one that was only default-constructed: the context of no span.
    [[nodiscard]] constexpr bool is_valid() const noexcept { return (trace_high | trace_low) != 0 && span != 0; }

    /// Whether it is of a trace that is told.
    [[nodiscard]] constexpr bool is_told() const noexcept { return trace_high == told_trace; }
    [[nodiscard]] static constexpr bool is_told(std::string_view traceparent) noexcept {
        return traceparent.size() >= text_size && traceparent.substr(3, 16) == told_trace_text;
    }
    /// "malla.trace." and the trace's id.
    [[nodiscard]] std::string told_topic() const;

    friend constexpr bool operator==(const TraceContext&, const TraceContext&) = default;
};

} // namespace malla
