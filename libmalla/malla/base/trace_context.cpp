// SPDX-License-Identifier: Apache-2.0
#include "malla/base/trace_context.hpp"

#include <random>

namespace malla {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// Where the parts of "00-TRACE-SPAN-01" stand.
constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;

std::uint64_t random_id() {
    static thread_local std::mt19937_64 engine = [] {
        std::random_device source;
        std::seed_seq seed{source(), source(), source(), source(), source(), source()};
        return std::mt19937_64{seed};
    }();
    while (true)
        if (const std::uint64_t id = engine(); id != 0) return id;
}

char* write_hex(char* to, std::uint64_t value, int digits) noexcept {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) *to++ = hex_digits[value >> shift & 0xf];
    return to;
}

/// Takes lower-case digits only, as the format does.
bool read_hex(std::string_view text, std::uint64_t& value) noexcept {
    value = 0;
    for (const char c : text) {
        const auto digit = hex_digits.find(c);
        if (digit == std::string_view::npos) return false;
        value = value << 4 | digit;
    }
    return true;
}

} // namespace

TraceContext TraceContext::new_trace() { return {random_id(), random_id(), random_id(), 1}; }

TraceContext TraceContext::new_told_trace() { return {told_trace, random_id(), random_id(), 1}; }

std::string TraceContext::told_topic() const { return "malla.trace." + trace_id(); }

TraceContext TraceContext::new_span() const { return {trace_high, trace_low, random_id(), flags}; }

std::optional<TraceContext> TraceContext::parse(std::string_view traceparent) noexcept {
    if (traceparent.size() < text_size) return std::nullopt;
    std::uint64_t version = 0;
    std::uint64_t flags = 0;
    TraceContext context;
    const bool well_formed = read_hex(traceparent.substr(0, 2), version) && traceparent[2] == '-' &&
                             read_hex(traceparent.substr(trace_at, 16), context.trace_high) &&
                             read_hex(traceparent.substr(trace_at + 16, 16), context.trace_low) &&
                             traceparent[span_at - 1] == '-' &&
                             read_hex(traceparent.substr(span_at, 16), context.span) &&
                             traceparent[flags_at - 1] == '-' && read_hex(traceparent.substr(flags_at, 2), flags);
    if (!well_formed || version == 0xff || !context.is_valid()) return std::nullopt;
    if (traceparent.size() > text_size && (version == 0 || traceparent[text_size] != '-')) return std::nullopt;
    context.flags = static_cast<std::uint8_t>(flags);
    return context;
}

TraceContext::Text TraceContext::text() const noexcept {
    Text text{'0', '0', '-'};
    char* at = write_hex(write_hex(text.data() + trace_at, trace_high, 16), trace_low, 16);
    *at++ = '-';
    at = write_hex(at, span, 16);
    *at++ = '-';
    write_hex(at, flags, 2);
    return text;
}

std::string TraceContext::traceparent() const {
    const Text written = text();
    return {written.data(), written.size()};
}

std::string TraceContext::trace_id() const { return traceparent().substr(trace_at, 32); }

std::string TraceContext::span_id() const { return traceparent().substr(span_at, 16); }

} // namespace malla
