// SPDX-License-Identifier: Apache-2.0
#include "malla/base/deadline.hpp"
#include "malla/base/fingerprint.hpp"
#include "malla/base/ids.hpp"
#include "malla/base/service_status.hpp"
#include "malla/base/version.hpp"
#include "malla/base/version_range.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsCountAndUnit) {
    EXPECT_EQ(parse_duration("200ms"), 200ms);
    EXPECT_EQ(parse_duration("5s"), 5s);
    EXPECT_EQ(parse_duration("2m"), 2min);
    EXPECT_EQ(parse_duration("1h"), 1h);
    EXPECT_EQ(parse_duration("250us"), 250us);
    EXPECT_EQ(parse_duration("1.5s"), 1500ms);
    EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, RefusesEverythingElse) {
    for (const auto* text : {"", "5", "s", "-1s", "5 s", "5sec", "1e3s", "nan s", "5s ", "99999999999h", "inf"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Duration, IsWrittenInTheLargestWholeUnit) {
    EXPECT_EQ(duration_text(200ms), "200ms");
    EXPECT_EQ(duration_text(120s), "2m");
    EXPECT_EQ(duration_text(90s), "90s");
    EXPECT_EQ(duration_text(0s), "0s");
}

TEST(Deadline, HasPassedAtItsInstant) {
    const Clock::time_point now{1s};
    const Deadline deadline{now + 5s};
    EXPECT_FALSE(deadline.passed(now + 5s - 1ns));
    EXPECT_TRUE(deadline.passed(now + 5s));
    EXPECT_EQ(deadline.left(now), 5s);
    EXPECT_EQ(deadline.left(now + 9s), 0s);
}

TEST(Deadline, IsWaitedForUntilItHasPassed) {
    const auto now = Clock::now();
    EXPECT_EQ(Deadline{now + 1ns}.poll_timeout(now), 1);
    EXPECT_EQ(Deadline{now + 1500us}.poll_timeout(now), 2);
    EXPECT_EQ(Deadline{now + 3ms}.poll_timeout(now), 3);
    EXPECT_EQ(Deadline{now - 5s}.poll_timeout(now), 0);
    EXPECT_EQ(Deadline{Clock::time_point::max()}.poll_timeout(now), std::numeric_limits<int>::max());
}

TEST(Deadline, ALimitTooLongIsTheEndOfTime) {
    EXPECT_EQ(Deadline::in(Clock::duration::max()).at(), Clock::time_point::max());
}

TEST(NodeId, IsReadAsItIsWritten) {
    const NodeId id = NodeId::random();
    EXPECT_EQ(id.text().size(), 32u);
    EXPECT_EQ(NodeId::parse(id.text()), id);
    EXPECT_NE(NodeId::random(), id);
    EXPECT_TRUE(NodeId{}.is_nil());
    EXPECT_FALSE(id.is_nil());
}

TEST(NodeId, RefusesWhatIsNone) {
    EXPECT_FALSE(NodeId::parse(""));
    EXPECT_FALSE(NodeId::parse("0123456789abcdef0123456789abcde"));
    EXPECT_FALSE(NodeId::parse("0123456789abcdef0123456789abcdeg"));
    EXPECT_FALSE(NodeId::parse("0123456789ABCDEF0123456789abcdef"));
}

TEST(ServiceStatus, NamesAreThoseOfTheMesh) {
    EXPECT_EQ(name_of(RunningStatus::running), "running");
    EXPECT_EQ(name_of(RunningStatus::draining), "draining");
    EXPECT_EQ(name_of(AdminStatus::pause), "pause");
}

TEST(Version, IsOrderedAndWritten) {
    EXPECT_LT((Version{1, 2, 3}), (Version{1, 10, 0}));
    EXPECT_EQ((Version{1, 2, 3}).text(), "1.2.3");
}

TEST(VersionRange, HoldsTheVersionsForWhichAllConditionsHold) {
    constexpr VersionRange range = ">=1.2 <2";

    EXPECT_FALSE(range.contains({1, 1, 65535}));
    EXPECT_TRUE(range.contains({1, 2, 0}));
    EXPECT_TRUE(range.contains({1, 65535, 65535}));
    EXPECT_FALSE(range.contains({2, 0, 0}));
}

TEST(VersionRange, WhatAConditionLeavesOutStandsForAllThatItMayBe) {
    constexpr VersionRange patches = "1.2";
    EXPECT_FALSE(patches.contains({1, 1, 9}));
    EXPECT_TRUE(patches.contains({1, 2, 0}));
    EXPECT_TRUE(patches.contains({1, 2, 65535}));
    EXPECT_FALSE(patches.contains({1, 3, 0}));

    EXPECT_EQ(VersionRange{">1"}, VersionRange{">=2.0.0"});
    EXPECT_EQ(VersionRange{"<=1.2"}, VersionRange{"<1.3.0"});
    EXPECT_EQ(VersionRange{">1.2.3"}, VersionRange{">=1.2.4"});
    EXPECT_EQ(VersionRange{"=1.4.2"}, VersionRange{">=1.4.2 <=1.4.2"});
}

TEST(VersionRange, HoldsARangeOfWhichItHoldsEveryVersion) {
    EXPECT_TRUE(VersionRange{"<2"}.contains(VersionRange{"1.4.0"}));
    EXPECT_TRUE(VersionRange{"<2"}.contains(VersionRange{">=1.2 <2"}));
    EXPECT_FALSE(VersionRange{">=1.2"}.contains(VersionRange{"1"}));
    EXPECT_FALSE(VersionRange{"<2"}.contains(VersionRange{}));
}

TEST(VersionRange, OfAnEmptyTextIsEveryVersion) {
    EXPECT_EQ(*VersionRange::parse("  "), VersionRange{});
    EXPECT_TRUE(VersionRange{}.is_everything());
    EXPECT_TRUE(VersionRange{}.contains({0, 0, 0}));
    EXPECT_TRUE(VersionRange{}.contains({65535, 65535, 65535}));
    EXPECT_FALSE(VersionRange{">0.0.0"}.is_everything());
}

TEST(VersionRange, IsWrittenAsItIsRead) {
    for (const auto* text : {"", ">=1.2.0 <2.0.0", "<1.0.0", ">=3.0.1", "=1.4.2", ">=65535.0.0"})
        EXPECT_EQ(VersionRange::parse(text)->text(), text);
}

TEST(VersionRange, RefusesWhatIsNoneAndWhatHoldsNothing) {
    for (const auto* text :
         {"a",  ">=",  "1.2.3.4", "1.",    ".1",       "1..2", "=>1",    "==1",    ">>1",     "> 1",
          "~1", "1,2", "-1",      "65536", "1.123456", "<0",   ">65535", ">=2 <1", "1.2 1.3", "\t1"}) {
        const auto range = VersionRange::parse(text);
        ASSERT_FALSE(range) << text;
        EXPECT_EQ(range.error().id(), "parameter_invalid");
        EXPECT_NE(range.error().info().find('\'' + std::string{text} + '\''), std::string::npos);
    }
}

TEST(Fingerprint, IsFnv1aOfTheText) {
    static_assert(fingerprint("") == 0xcbf29ce484222325);
    static_assert(fingerprint("a") == 0xaf63dc4c8601ec8c);
    static_assert(fingerprint("foobar") == 0x85944171f73967e8);
}

} // namespace
} // namespace malla
