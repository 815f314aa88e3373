// SPDX-License-Identifier: Apache-2.0
#include "cli/top_view.hpp"

#include "cli/support.hpp"
#include "cli/terminal.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TopRow row(TopRow::Kind kind, const std::string& service, const std::string& node) {
    TopRow made{kind, service, node, "id of " + node, "running", false, TopInterval{1, 1234, 2, 3, {}}, {1, 2, -1, 8}};
    made.last->took.resize(32);
    made.last->took[7] = 1234;
    return made;
}

TopPage page() {
    TopPage made;
    made.title = "malla top";
    made.rows = {row(TopRow::Kind::service, "Calculator", ""), row(TopRow::Kind::instance, "Calculator", "bird"),
                 row(TopRow::Kind::node, "", "bird")};
    return made;
}

/// What is seen of a line.
std::string plain(std::string_view line) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\x1b') i = line.find('m', i);
        else text += line[i];
    }
    return text;
}

void expect_to_fit(const TopPage& page, const TopScreen& screen) {
    const auto lines = top_lines(page, screen);
    EXPECT_THAT(lines, SizeIs(screen.height));
    for (const auto& line : lines) EXPECT_LE(display_width(plain(line)), screen.width) << line;
}

TEST(TopView, FitsIntoScreensOfAnySize) {
    for (const std::size_t width : {0UL, 1UL, 11UL, 20UL, 40UL, 80UL, 200UL, 500UL})
        for (const std::size_t height : {0UL, 1UL, 2UL, 3UL, 4UL, 24UL})
            for (const bool utf8 : {false, true}) expect_to_fit(page(), {width, height, true, utf8});
}

TEST(TopView, HasTheColumnsThatMatterMostWhereItIsNarrow) {
    const auto lines = top_lines(page(), {40, 10, false, true});
    EXPECT_EQ(lines[1], "SERVICE      STATUS    CALLS/S  ERR/S");
    EXPECT_THAT(lines[2], AllOf(HasSubstr("Calculator"), HasSubstr("running"), HasSubstr("1234")));
    EXPECT_THAT(plain(lines[3]), HasSubstr("  bird"));
    EXPECT_THAT(plain(lines[4]), HasSubstr("node bird"));
    EXPECT_THAT(lines[5], IsEmpty());
    EXPECT_THAT(lines[9], AllOf(HasSubstr("? help"), HasSubstr("q quit")));
}

TEST(TopView, HasAllColumnsAndALatencySparklineWhereItIsWide) {
    const auto lines = top_lines(page(), {200, 10, false, true});
    for (const char* heading : {"SERVICE", "STATUS", "LOAD", "CALLS/S", "ERR/S", "P50", "LATENCY"})
        EXPECT_THAT(lines[1], HasSubstr(heading));
    EXPECT_THAT(lines[3], AllOf(HasSubstr("96.0 us"), HasSubstr("▂▃ █")));
    EXPECT_THAT(plain(lines[2]), testing::StartsWith("Calculator   running ")) << "beside its status";

    TopPage shown = page();
    shown.rows[1].node = std::string(250, 'x');
    expect_to_fit(shown, {200, 10, false, true});
    EXPECT_EQ(display_width(plain(top_lines(shown, {200, 10, false, true})[3])), 200U);
}

TEST(TopView, WritesNothingButAsciiWhereTheLocaleIsNotUtf8) {
    TopPage shown = page();
    shown.rows[1].node = "vögel";
    for (const auto& line : top_lines(shown, {100, 10, true, false}))
        for (const char c : line) EXPECT_LT(static_cast<unsigned char>(c), 0x80) << line;
    shown.rows[1].node = "küche-äöüäöü";
    EXPECT_THAT(top_lines(shown, {100, 10, false, false})[3], testing::StartsWith("  k??che-???????????? "));
    EXPECT_EQ(sparkline({1, 2, -1, 8}, 6, false), "  :- @");
}

TEST(TopView, HasNoColoursUnlessTheyAreWanted) {
    TopPage shown = page();
    shown.selected = 2;
    shown.rows[0].status = "paused";
    EXPECT_THAT(top_lines(shown, {80, 10, true, true})[2], AllOf(HasSubstr("\x1b[33mpaused"), HasSubstr("\x1b[31m")));
    EXPECT_THAT(top_lines(shown, {80, 10, false, true})[2], Not(HasSubstr("\x1b")));
    // What is selected is seen all the same.
    EXPECT_THAT(top_lines(shown, {80, 10, false, true})[4], HasSubstr("\x1b[7m"));
}

TEST(TopView, KeepsTheSelectedRowInSight) {
    TopPage shown = page();
    shown.rows.clear();
    for (int i = 0; i < 100; ++i) shown.rows.push_back(row(TopRow::Kind::service, std::to_string(i), ""));
    for (std::size_t i = 0; i < shown.rows.size(); ++i) {
        shown.selected = i;
        const auto lines = top_lines(shown, {80, 10, false, true});
        EXPECT_THAT(lines, testing::Contains(HasSubstr("\x1b[7m" + std::to_string(i) + ' ')));
    }
}

TEST(TopView, ShowsNothingThatCommandsATerminal) {
    TopPage shown = page();
    shown.rows[0].service = "evil\x1b[2J\n";
    shown.selected = 2;
    EXPECT_THAT(top_lines(shown, {80, 10, false, true})[2], AllOf(HasSubstr("evil?[2J?"), Not(HasSubstr("\x1b"))));
}

TEST(TopView, ShowsHelpInsteadOfTheRows) {
    TopPage shown = page();
    shown.overlay = {"one", "two"};
    const auto lines = top_lines(shown, {40, 10, false, true});
    EXPECT_THAT(lines[1], HasSubstr("one"));
    EXPECT_THAT(lines, Each(Not(HasSubstr("Calculator"))));
}

TEST(Sparkline, ShowsTheNewestAtTheRight) {
    EXPECT_EQ(sparkline({1, 2, -1, 8}, 4, true), "▂▃ █");
    EXPECT_EQ(sparkline({1, 2, -1, 8}, 2, true), " █");
    EXPECT_EQ(sparkline({8}, 3, true), "  █");
    EXPECT_EQ(sparkline({0, 0}, 2, true), "▁▁");
    EXPECT_EQ(sparkline({}, 2, true), "  ");
}

TEST(Locale, IsUtf8ByTheFirstVariableThatIsSet) {
    EXPECT_TRUE(has_utf8(environment_of({{"LANG", "de_DE.UTF-8"}})));
    EXPECT_TRUE(has_utf8(environment_of({{"LC_ALL", "C.utf8"}, {"LANG", "C"}})));
    EXPECT_FALSE(has_utf8(environment_of({{"LC_ALL", "C"}, {"LANG", "de_DE.UTF-8"}})));
    EXPECT_TRUE(has_utf8(environment_of({{"LC_ALL", ""}, {"LANG", "de_DE.UTF-8"}})));
    EXPECT_FALSE(has_utf8(environment_of({})));
}

} // namespace
} // namespace malla::cli
