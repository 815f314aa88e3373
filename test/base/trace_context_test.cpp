// SPDX-License-Identifier: Apache-2.0
#include "malla/base/trace_context.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

constexpr std::string_view example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, ReadsWhatItWrites) {
    const auto context = TraceContext::parse(example);

    ASSERT_TRUE(context);
    EXPECT_EQ(context->traceparent(), example);
    EXPECT_EQ(context->trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(context->span_id(), "00f067aa0ba902b7");
    EXPECT_EQ(context->flags, 1);
}

TEST(TraceContext, OfATraceThatIsToldSaysSoInItsId) {
    const auto told = TraceContext::new_told_trace();

    EXPECT_TRUE(told.is_told());
    EXPECT_TRUE(told.new_span().is_told());
    EXPECT_TRUE(TraceContext::is_told(told.traceparent()));
    EXPECT_EQ(told.told_topic(), "malla.trace." + told.trace_id());
    EXPECT_NE(told.trace_id(), TraceContext::new_told_trace().trace_id());
    EXPECT_FALSE(TraceContext::new_trace().is_told());
    EXPECT_FALSE(TraceContext::is_told(example));
    EXPECT_FALSE(TraceContext::is_told(""));
}

TEST(TraceContext, ReadsLaterVersionsAsFarAsItKnowsThem) {
    const auto context = TraceContext::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more");

    ASSERT_TRUE(context);
    EXPECT_EQ(context->traceparent(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
}

TEST(TraceContext, RefusesWhatBreaksTheRules) {
    for (const auto* text : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                             "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
                             "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                             "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                             "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g"})
        EXPECT_FALSE(TraceContext::parse(text)) << text;
}

TEST(TraceContext, ANewSpanStaysInItsTrace) {
    const auto root = TraceContext::new_trace();
    const auto child = root.new_span();

    EXPECT_TRUE(root.is_valid());
    EXPECT_EQ(root.flags, 1);
    EXPECT_EQ(child.trace_id(), root.trace_id());
    EXPECT_NE(child.span, root.span);
    EXPECT_NE(TraceContext::new_trace().trace_id(), root.trace_id());
    EXPECT_FALSE(TraceContext{}.is_valid());
}

} // namespace
} // namespace malla
