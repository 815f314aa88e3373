// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"
#include "cli/terminal.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string written(std::string_view json, Format format, bool in_stream = false, bool bytes = false) {
    const auto text = result_text(json, {format, in_stream, bytes});
    return text ? *text : text.error().text();
}

TEST(Results, OfOneCallAreTextForAStringElseJson) {
    EXPECT_EQ(written(R"("a\nb")", Format::automatic), "a\nb\n");
    EXPECT_EQ(written("5", Format::automatic), "5\n");
    EXPECT_EQ(written("5.0", Format::automatic), "5\n");
    EXPECT_EQ(written("null", Format::automatic), "null\n");
    EXPECT_EQ(written("{\"a\": [1,\n2]}", Format::automatic), "{\"a\":[1,2]}\n");
}

TEST(Results, OfAStreamAreOneJsonValueALine) {
    EXPECT_EQ(written(R"("a\nb")", Format::automatic, true), "\"a\\nb\"\n");
    EXPECT_EQ(written("[1, 2]", Format::automatic, true), "[1,2]\n");
}

TEST(Results, FollowTheFormatThatWasAskedFor) {
    EXPECT_EQ(written(R"("a")", Format::json), "\"a\"\n");
    EXPECT_EQ(written(R"("a")", Format::text, true), "a\n");
    EXPECT_EQ(written("[1]", Format::text), "[\n  1\n]\n");
    EXPECT_EQ(written(R"("a")", Format::raw), "a");
    EXPECT_EQ(written("7", Format::raw), "7");
    EXPECT_EQ(written(R"("AP8K")", Format::raw, false, true), std::string("\x00\xff\n", 3));
    EXPECT_EQ(written(R"("AP8=")", Format::raw, false, true), std::string("\x00\xff", 2));
    EXPECT_THAT(written("{", Format::json), HasSubstr("reply_invalid"));
}

TEST(Errors, AreALineWithAHintOrJson) {
    Status status{"field_missing", "name"};
    status.set_data("hint", "give it");
    EXPECT_EQ(error_text(status, Format::automatic, {}),
              "field_missing (400): Field 'name' is missing\nhint: give it\n");
    EXPECT_EQ(error_text(status, Format::json, {}),
              R"({"status":"field_missing","code":400,"info":"Field 'name' is missing","outcome":"answered",)"
              R"("data":{"field":"name","hint":"give it"}})"
              "\n");
}

TEST(Errors, NameTheServiceInAHint) {
    EXPECT_THAT(error_text(Status{"paused", "Echo"}, Format::automatic, {}), HasSubstr("`malla resume Echo`"));
    EXPECT_THAT(error_text(Status{"paused"}, Format::automatic, {}), HasSubstr("`malla resume"));
}

TEST(Errors, OfAPluginsOwnMakingAreWhole) {
    const Status status =
        Status{"sold_out"}.set_code(409).set_info("No soup left").set_data("dish", "soup").set_metadata("shop", "7");
    EXPECT_EQ(error_text(status, Format::automatic, {}), "sold_out (409): No soup left\n");
    EXPECT_EQ(error_text(status, Format::json, {}),
              R"({"status":"sold_out","code":409,"info":"No soup left","outcome":"answered",)"
              R"("data":{"dish":"soup"},"metadata":{"shop":"7"}})"
              "\n");
}

TEST(Errors, CannotCommandATerminal) {
    const Status status = Status{"internal_error"}.set_info("\x1b[2Jgone");
    EXPECT_THAT(error_text(status, Format::automatic, {.is_terminal = true}), Not(HasSubstr("\x1b")));
}

TEST(NodeLine, NamesTheNodeOfEachResult) {
    ResultStyle style;
    EXPECT_EQ(*node_line_text("anna", "[1,2]", style), "{\"node\":\"anna\",\"result\":[1,2]}\n");
    EXPECT_EQ(*node_line_text("anna", "\"hi\"", style), "{\"node\":\"anna\",\"result\":\"hi\"}\n");
    style.format = Format::text;
    EXPECT_EQ(*node_line_text("anna", "\"hi\"", style), "anna: hi\n");
    EXPECT_EQ(*node_line_text("anna", "[1,2]", style), "anna: [1,2]\n");
    style.format = Format::raw;
    EXPECT_EQ(*node_line_text("anna", "\"hi\"", style), "hi");
    EXPECT_EQ(node_line_text("anna", "[", ResultStyle{}).error().id(), "reply_invalid");
}

TEST(NodeLine, NamesTheNodeOfAFailure) {
    EXPECT_EQ(failed_node_text("anna", Status{"paused", "Shop"}),
              "{\"node\":\"anna\",\"error\":{\"status\":\"paused\",\"code\":503,"
              "\"info\":\"Service 'Shop' is paused\",\"outcome\":\"not_run\"}}\n");
}

TEST(Harmless, TextCommandsNoTerminal) {
    EXPECT_EQ(harmless("a\x1b[2Jb\x7f\r", false), "a?[2Jb??");
    EXPECT_EQ(harmless("\xC2\x9B"
                       "2J",
                       false),
              "?2J")
        << "one character may begin a command too";
    EXPECT_EQ(harmless("1\n\t2", true), "1\n\t2");
    EXPECT_EQ(harmless("ñandú 日本 \xC2\xA7", false), "ñandú 日本 \xC2\xA7");
}

} // namespace
} // namespace malla::cli
