// SPDX-License-Identifier: Apache-2.0
#include "cli/histogram.hpp"

#include <gtest/gtest.h>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, KnowsEachTimeToOnePartIn32) {
    for (Clock::duration time = 1ns; time < 100s; time += time / 3 + 1ns) {
        Histogram histogram;
        histogram.add(time);
        histogram.add(1000s);
        EXPECT_GE(histogram.quantile(0.5), time);
        EXPECT_LE(histogram.quantile(0.5), time + time / 32);
    }
}

TEST(Histogram, GivesTheTimeThatAPartDidNotExceed) {
    Histogram histogram;
    for (int i = 1; i <= 1000; ++i) histogram.add(i * 1us);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5).count()), 500'000, 500'000 / 32);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(0.99).count()), 990'000, 990'000 / 32);
    EXPECT_EQ(histogram.quantile(1), 1ms);
    EXPECT_EQ(histogram.longest(), 1ms);
}

TEST(Histogram, OfNothingIsZero) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.quantile(0.5), 0ns);
    EXPECT_TRUE(histogram.powers().empty());
}

TEST(Histogram, AddsUpWhatOthersCounted) {
    Histogram one;
    Histogram other;
    one.add(5us);
    other.add(7ms);
    one.add(other);
    EXPECT_EQ(one.count(), 2U);
    EXPECT_EQ(one.longest(), 7ms);
    EXPECT_EQ(one.quantile(1), 7ms);
}

TEST(Histogram, HasABucketForEachPowerOfTwoBetweenTheExtremes) {
    Histogram histogram;
    histogram.add(70ns);
    histogram.add(100ns);
    histogram.add(300ns);
    const auto powers = histogram.powers();
    ASSERT_EQ(powers.size(), 3U);
    EXPECT_EQ(powers[0].from, 64ns);
    EXPECT_EQ(powers[0].to, 128ns);
    EXPECT_EQ(powers[0].count, 2U);
    EXPECT_EQ(powers[1].count, 0U);
    EXPECT_EQ(powers[2].from, 256ns);
    EXPECT_EQ(powers[2].count, 1U);
}

TEST(Histogram, TakesATimeHoweverLong) {
    Histogram histogram;
    histogram.add(Clock::duration::max());
    histogram.add(-5ns);
    EXPECT_EQ(histogram.count(), 2U);
    EXPECT_EQ(histogram.quantile(1), Clock::duration::max());
}

TEST(ShortTime, HasThreeDigitsAndAUnit) {
    EXPECT_EQ(short_time(0ns), "0 ns");
    EXPECT_EQ(short_time(12ns), "12 ns");
    EXPECT_EQ(short_time(1250ns), "1.25 us");
    EXPECT_EQ(short_time(88'100ns), "88.1 us");
    EXPECT_EQ(short_time(150ms), "150 ms");
    EXPECT_EQ(short_time(5s), "5.00 s");
}

} // namespace
} // namespace malla::cli
