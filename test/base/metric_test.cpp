// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"
#include "malla/base/metric.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace malla {
namespace {

std::string text_of(const Labels& labels) {
    std::string text;
    append_text(text, labels);
    return text;
}

TEST(Labels, HoldTextsNumbersAndBools) {
    const std::string shop = "Berlin";
    EXPECT_EQ(text_of({{"shop", shop}, {"items", 3}, {"share", 0.5}, {"paid", true}, {"view", std::string_view{"x"}}}),
              " shop=Berlin items=3 share=0.5 paid=true view=x");
}

TEST(Labels, KeepNumbersWithinTheirLimits) {
    EXPECT_EQ(LabelValue{UINT64_MAX}, LabelValue{INT64_MAX});
    EXPECT_EQ(LabelValue{INT64_MIN}.text(), "-9223372036854775808");
    EXPECT_EQ(LabelValue{-1.5e300}.text(), "-1.5e+300");
}

TEST(Labels, ViewArraysAndVectors) {
    const std::vector<Label> many{{"a", 1}, {"b", 2}};
    const std::array<Label, 1> one{Label{"a", 1}};

    EXPECT_EQ(text_of(many), " a=1 b=2");
    EXPECT_EQ(text_of(one), " a=1");
    EXPECT_EQ(*Labels{many}.find("b"), LabelValue{2});
    EXPECT_EQ(Labels{many}.find("c"), nullptr);
    EXPECT_EQ(Labels{}.find("a"), nullptr);
}

std::string emitted;

TEST(Metric, GoesToTheSinkThatIsSet) {
    EXPECT_FALSE(has_metric_sink());
    emit_metric({"lost"});
    const MetricSink before = set_metric_sink([](const Metric& metric) noexcept {
        emitted = std::string{metric.name} + ' ' + LabelValue{metric.value}.text() + text_of(metric.labels);
    });
    EXPECT_EQ(before, nullptr);
    EXPECT_TRUE(has_metric_sink());

    emit_metric({"sold", 2, {{"shop", "Berlin"}}});

    EXPECT_EQ(emitted, "sold 2 shop=Berlin");
    EXPECT_NE(set_metric_sink(nullptr), nullptr);
    EXPECT_FALSE(has_metric_sink());
}

std::vector<LogLevel> logged;

TEST(Log, GivesTheSinkOnlyTheLevelsThatItWants) {
    logged.clear();
    const LogSink before =
        set_log_sink([](LogLevel level, std::string_view) noexcept { logged.push_back(level); }, LogLevel::notice);
    EXPECT_FALSE(is_logged(LogLevel::info));
    EXPECT_TRUE(is_logged(LogLevel::notice));

    for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::notice, LogLevel::error}) log(level, "line");

    set_log_sink(before);
    EXPECT_EQ(logged, (std::vector{LogLevel::notice, LogLevel::error}));
}

} // namespace
} // namespace malla
