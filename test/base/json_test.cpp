// SPDX-License-Identifier: Apache-2.0
#include "malla/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>

namespace malla {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = Json::Kind;

static_assert(sizeof(Json) == 16);

Json parsed(std::string_view text) {
    auto value = Json::parse(text);
    EXPECT_TRUE(value.has_value()) << text << ": " << (value ? "" : value.error().info());
    return value ? *std::move(value) : Json{};
}

std::string refusal(std::string_view text) {
    const auto value = Json::parse(text);
    if (value) return "accepted: " + value->dump().operator*();
    EXPECT_EQ(value.error().id(), "syntax_error");
    EXPECT_EQ(value.error().code(), 400);
    return value.error().info();
}

std::string dumped(const Json& value) {
    const auto text = value.dump();
    return text ? *text : text.error().info();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, ReadsAndWritesEachKind) {
    for (const std::string_view text : {"null", "true", "false", "0", "-1", "2.5", R"("a")", "[]", "{}",
                                        R"([1,"b",[null]])", R"({"b":1,"a":{"c":[]}})"})
        EXPECT_EQ(dumped(parsed(text)), text);
}

TEST(Json, KeepsTheOrderOfMembersAndTheLastOfEqualNames) {
    EXPECT_EQ(dumped(parsed(R"({"z":1,"a":2,"z":3})")), R"({"z":3,"a":2})");
}

TEST(Json, KeepsAllSixtyFourBitsOfIntegers) {
    for (const std::string_view text : {"9223372036854775807", "-9223372036854775808", "18446744073709551615"})
        EXPECT_EQ(dumped(parsed(text)), text);

    EXPECT_EQ(parsed("9223372036854775807").kind(), Kind::integer);
    EXPECT_EQ(parsed("9223372036854775808").kind(), Kind::unsigned_integer);
    EXPECT_EQ(parsed("9223372036854775808").as_unsigned(), 9223372036854775808U);
    EXPECT_EQ(parsed("7").as_unsigned(), 7U);
    EXPECT_EQ(parsed("18446744073709551616").kind(), Kind::number);
    EXPECT_EQ(parsed("-9223372036854775809").kind(), Kind::number);
}

TEST(Json, WritesWholeDoublesAsIntegersBelowTenToTheTwentyFirst) {
    EXPECT_EQ(dumped(5.0), "5");
    EXPECT_EQ(dumped(1e12), "1000000000000");
    EXPECT_EQ(dumped(-0.0), "0");
    EXPECT_EQ(dumped(1e20), "100000000000000000000");
    EXPECT_EQ(dumped(1e21), "1e+21");
    EXPECT_EQ(dumped(-9007199254740993.0), "-9007199254740992");
}

TEST(Json, WritesOtherDoublesInTheFewestDigitsThatReadBackTheSame) {
    EXPECT_EQ(dumped(0.1), "0.1");
    for (const double value : {0.1 + 0.2, 1e-300, std::numeric_limits<double>::max(),
                               std::numeric_limits<double>::denorm_min(), 1.0 / 3, 123456789.123456789})
        EXPECT_EQ(parsed(dumped(value)).as_number(), value);
}

TEST(Json, RefusesToWriteWhatHasNoJsonForm) {
    EXPECT_EQ(Json{std::nan("")}.dump().error().info(), "NaN and infinity have no JSON form");
    EXPECT_FALSE(Json::array({1, HUGE_VAL}).dump());
    EXPECT_FALSE(Json{"\xff"}.dump());
    EXPECT_FALSE(Json{"\xed\xa0\x80"}.dump()) << "a surrogate";
    EXPECT_FALSE(Json{"\xc0\x80"}.dump()) << "overlong";

    std::string text = "x";
    EXPECT_FALSE(Json{std::nan("")}.dump_to(text));
    EXPECT_FALSE(Json::parse(text.substr(1)));
}

TEST(Json, EscapesOnlyWhatItMust) {
    EXPECT_EQ(dumped("a\"\\/\b\f\n\r\t\x01\x1f"s + '\0'), R"("a\"\\/\b\f\n\r\t\u0001\u001f\u0000")");
    EXPECT_EQ(dumped("\u00e9\u20ac\U0001F600\x7f"), "\"\u00e9\u20ac\U0001F600\x7f\"");
    EXPECT_EQ(parsed(R"("\ud83d\ude00\u0000")").as_string(), "\U0001F600\0"s);
}

TEST(Json, SaysWhereATextIsWrong) {
    EXPECT_EQ(refusal(""), "Syntax error at byte 1: unexpected end of input; expected '[', '{', or a literal");
    EXPECT_THAT(refusal(R"({"a":1,})"), StartsWith("Syntax error at byte 8: unexpected '}'"));
    EXPECT_THAT(refusal("[1,2"), StartsWith("Syntax error at byte 5: unexpected end of input"));
    EXPECT_THAT(refusal("nul"), StartsWith("Syntax error at byte 4: invalid literal"));
}

TEST(Json, RefusesWhatIsNotExactlyOneValue) {
    for (const std::string_view text : {"1 2", "{}x", "[],", "NaN", "Infinity", "'a'", "01", "+1", ".5", "1.",
                                        "\"a\nb\"", "//x\n1", "1e999", R"("\ud800")", R"("\x")"})
        EXPECT_THAT(refusal(text), StartsWith("Syntax error")) << text;
    EXPECT_EQ(refusal("1\0002"s), "Syntax error at byte 2: a zero byte");
    EXPECT_TRUE(Json::parse(" \t\r\n1\n"));
}

TEST(Json, RefusesWhatIsNotUtf8) {
    for (const std::string_view text :
         {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\""})
        EXPECT_THAT(refusal(text), HasSubstr("ill-formed UTF-8"));
}

TEST(Json, RefusesMoreThanSixtyFourLevelsWhileReading) {
    EXPECT_TRUE(Json::parse(nested(64)));
    EXPECT_THAT(refusal(nested(65)), HasSubstr("deeper than 64 levels"));
    EXPECT_THAT(refusal(std::string(10'000'000, '[')), HasSubstr("deeper than 64 levels"));
}

TEST(Json, RefusesToWriteMoreThanSixtyFourLevels) {
    Json value = parsed(nested(64));
    EXPECT_EQ(dumped(value), nested(64));

    Json deeper;
    deeper.push_back(value);
    EXPECT_FALSE(deeper.dump());
}

TEST(Json, FindsMembersOfSmallAndLargeObjects) {
    Json object;
    for (int i = 0; i < 100; ++i) {
        object.set("key" + std::to_string(i), i);
        EXPECT_EQ(object.size(), static_cast<std::size_t>(i) + 1);
        for (int j = 0; j <= i; ++j) EXPECT_EQ(object.find("key" + std::to_string(j))->as_integer(), j);
        EXPECT_EQ(object.find("key" + std::to_string(i + 1)), nullptr);
    }
    const Json copy = object;
    object.set("key50", "changed");

    EXPECT_EQ(object.size(), 100U);
    EXPECT_EQ(object.find("key50")->as_string(), "changed");
    EXPECT_EQ(copy.find("key50")->as_integer(), 50);
    EXPECT_EQ(copy.member(50).first, "key50");
}

TEST(Json, ReadsAnObjectOfManyMembersInFarLessThanQuadraticTime) {
    std::string text = "{";
    for (int i = 0; i < 200'000; ++i) text.append("\"").append(std::to_string(i)).append("\":0,");
    text += "\"end\":0}";
    const auto begin = std::chrono::steady_clock::now();

    EXPECT_EQ(parsed(text).size(), 200'001U);

    // Quadratic would be 2 * 10^10 comparisons.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{10});
}

TEST(Json, ComparesNumbersByValueAndObjectsWithoutOrder) {
    EXPECT_EQ(Json{5}, Json{5.0});
    EXPECT_EQ(Json{std::uint64_t{5}}, Json{5});
    EXPECT_EQ(Json{9223372036854775808U}, Json{0x1p63});
    EXPECT_FALSE(Json{9223372036854775807} == Json{0x1p63});
    EXPECT_FALSE(Json{-1} == Json{18446744073709551615U});
    EXPECT_EQ(parsed(R"({"a":1,"b":[2]})"), parsed(R"({"b":[2.0],"a":1})"));
    EXPECT_FALSE(parsed(R"({"a":1})") == parsed(R"({"b":1})"));
    EXPECT_FALSE(parsed("[1,2]") == parsed("[2,1]"));
    EXPECT_FALSE(parsed("\"1\"") == parsed("1"));
    EXPECT_FALSE(Json{true} == Json{false});
}

TEST(Json, IsBuiltByHand) {
    Json list;
    list.push_back(1U);
    list.push_back("two");
    list.push_back(Json::object({{"three", nullptr}, {"four", 4LL}}));

    EXPECT_EQ(dumped(list), R"([1,"two",{"three":null,"four":4}])");
    EXPECT_EQ(dumped(Json::array()), "[]");
    EXPECT_EQ(dumped(Json::object()), "{}");
    EXPECT_EQ(dumped(""), "\"\"");
    EXPECT_EQ(Json::object().find("a"), nullptr);
    EXPECT_EQ(Json{}.size(), 0U);
}

TEST(Json, IsCopiedAndMovedAsAValue) {
    Json first = parsed(R"({"a":["text that is longer than a small string"]})");
    Json copy = first;
    Json moved = std::move(first);
    copy = static_cast<const Json&>(copy);

    EXPECT_EQ(copy, moved);
    moved = Json{1};
    EXPECT_EQ(dumped(copy), R"({"a":["text that is longer than a small string"]})");
}

TEST(Json, IsWrittenOnManyLinesForPeople) {
    EXPECT_EQ(*parsed(R"({"a":[1,{}],"b":[]})").pretty(), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

} // namespace
} // namespace malla
