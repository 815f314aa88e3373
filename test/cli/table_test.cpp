// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include "cli/terminal.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>

namespace malla::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Listing two_services() {
    Listing listing{{{"NAME", "name"}, {"STATUS", "status", true}}};
    listing.add(Json::object({{"name", "Calculator"}, {"status", "running"}, {"id", 1}}));
    listing.add(Json::object({{"name", "Ä"}, {"status", "paused"}}));
    return listing;
}

TEST(Listing, IsJsonUnderAPipe) {
    EXPECT_EQ(two_services().text(Format::automatic, {}),
              "{\"name\":\"Calculator\",\"status\":\"running\",\"id\":1}\n{\"name\":\"Ä\",\"status\":\"paused\"}\n");
}

TEST(Listing, IsATableOnATerminalOrAsText) {
    const std::string table = "NAME        STATUS\nCalculator  running\nÄ           paused\n";
    EXPECT_EQ(two_services().text(Format::text, {}), table);
    EXPECT_EQ(two_services().text(Format::automatic, {.is_terminal = true}), table);
    EXPECT_THAT(two_services().text(Format::json, {.is_terminal = true}), HasSubstr("\"id\":1"));
}

Listing one_node(const char* name) {
    Listing listing{{{"NODE", "name"}, {.heading = "SERVICES", .member = "services", .may_be_cut = true}}};
    Json services = Json::array();
    for (const char* service : {"Calculator", "Echo", "Text"}) services.push_back(service);
    listing.add(Json::object({{"name", name}, {"services", services}}));
    return listing;
}

std::string on_terminal(const Listing& listing, std::size_t width) {
    return listing.text(Format::automatic, {.is_terminal = true, .width = width});
}

std::size_t widest_line(std::string_view text) {
    std::size_t widest = 0;
    for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
        widest = std::max(widest, display_width(text.substr(0, end)));
    return widest;
}

TEST(Listing, CutsWhatMayBeCutWhereATerminalIsNarrow) {
    EXPECT_EQ(on_terminal(one_node("bird"), 80), "NODE  SERVICES\nbird  Calculator, Echo, Text\n");
    EXPECT_EQ(on_terminal(one_node("bird"), 28), "NODE  SERVICES\nbird  Calculator, Echo, Text\n");
    EXPECT_EQ(on_terminal(one_node("bird"), 27), "NODE  SERVICES\nbird  Calculator, Echo, Te…\n");
    EXPECT_EQ(on_terminal(one_node("bird"), 18), "NODE  SERVICES\nbird  Calculator,…\n");
}

TEST(Listing, IsABlockOfLinesForEachRowWhereNamesWouldBeCut) {
    Listing listing = one_node("bird");
    EXPECT_EQ(on_terminal(listing, 17), "NODE: bird\nSERVICES:\n  Calculator,\n  Echo, Text\n");
    listing.add(Json::object({{"name", "a-longer-name"}}));
    EXPECT_EQ(on_terminal(listing, 20),
              "NODE: bird\nSERVICES:\n  Calculator, Echo,\n  Text\n\nNODE: a-longer-name\nSERVICES: -\n");
}

TEST(Listing, IsNeverWiderThanATerminalAndLosesNothing) {
    const std::string endpoint = "tcp://127.0.0.1:12345";
    for (std::size_t width = 1; width < 60; ++width) {
        Listing listing{{{"NODE", "name"}, {"ENDPOINT", "endpoint"}, {"STATUS", "status", true}}};
        listing.add(Json::object({{"name", "日本の鳥"}, {"endpoint", endpoint}, {"status", "running"}}));
        const std::string text = on_terminal(listing, width);
        EXPECT_LE(widest_line(text), std::max<std::size_t>(width, 2)) << text;
        std::string letters;
        std::ranges::copy_if(text, std::back_inserter(letters), [](char c) { return c != ' ' && c != '\n'; });
        EXPECT_THAT(letters, AllOf(HasSubstr("日本の鳥"), HasSubstr(endpoint), HasSubstr("running")));
    }
}

TEST(Listing, CountsTheColumnsThatCharactersTake) {
    EXPECT_EQ(on_terminal(one_node("日本"), 80), "NODE  SERVICES\n日本  Calculator, Echo, Text\n");
    EXPECT_EQ(on_terminal(one_node("e\u0301a"), 80), "NODE  SERVICES\ne\u0301a    Calculator, Echo, Text\n");
}

TEST(Listing, LeavesOutAnOptionalColumnThatNoRowHas) {
    Listing listing{{{"NAME", "name"}, {.heading = "ERROR", .member = "error", .is_optional = true}}};
    EXPECT_EQ(on_terminal(listing, 80), "NAME\n");
    listing.add(Json::object({{"name", "a"}, {"error", nullptr}}));
    EXPECT_EQ(on_terminal(listing, 80), "NAME\na\n");
    listing.add(Json::object({{"name", "b"}, {"error", "no"}}));
    EXPECT_EQ(on_terminal(listing, 80), "NAME  ERROR\na     -\nb     no\n");
}

TEST(Listing, KnowsWhatToSayWhenThereIsNothingToShow) {
    Listing listing{{{"NAME", "name"}}};
    listing.say_when_empty("there is nothing");
    EXPECT_EQ(on_terminal(listing, 80), "");
    EXPECT_EQ(listing.said_when_empty(), "there is nothing");
    listing.add(Json::object({{"name", "a"}}));
    EXPECT_EQ(listing.said_when_empty(), "");
    EXPECT_EQ(on_terminal(listing, 80), "NAME\na\n");
}

TEST(Listing, HasColourOnlyWhereItMay) {
    EXPECT_THAT(two_services().text(Format::automatic, {.is_terminal = true, .colour = true}),
                HasSubstr("\x1b[32mrunning\x1b[0m"));
    EXPECT_THAT(two_services().text(Format::automatic, {.is_terminal = true}), Not(HasSubstr("\x1b")));
}

TEST(DisplayWidth, IsTheColumnsOnATerminalInAnyLocale) {
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("näme"), 4U);
    EXPECT_EQ(display_width("日本"), 4U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("\xff\x80 "), 2U) << "what is no UTF-8 counts by its beginnings";
}

TEST(Shortened, FitsAndBreaksNoCharacter) {
    EXPECT_EQ(shortened("日本語", 6), "日本語");
    EXPECT_EQ(shortened("日本語", 5), "日本…");
    EXPECT_EQ(shortened("日本語", 4), "日…");
    EXPECT_EQ(shortened("e\u0301e\u0301", 2), "e\u0301e\u0301");
    EXPECT_EQ(shortened("abc", 2), "a…");
    EXPECT_EQ(shortened("abc", 0), "");
}

} // namespace
} // namespace malla::cli
