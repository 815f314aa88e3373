// SPDX-License-Identifier: Apache-2.0
#include "cli/schema.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

std::optional<std::string> check(const char* schema, const char* value) {
    return mismatch(*Json::parse(schema), *Json::parse(value));
}

TEST(Schema, ChecksTypes) {
    EXPECT_THAT(check(R"({"type":"number"})", "1.5"), Eq(std::nullopt));
    EXPECT_THAT(check(R"({"type":"integer"})", "2.0"), Eq(std::nullopt));
    EXPECT_THAT(check(R"({"type":"integer"})", "2.5"), Optional(HasSubstr("whole")));
    EXPECT_THAT(check(R"({"type":"boolean"})", "1"), Optional(HasSubstr("true or false, not 1")));
    EXPECT_THAT(check(R"({"type":["string","null"]})", "null"), Eq(std::nullopt));
    EXPECT_THAT(check(R"({"type":["string","null"]})", "1"), Optional(HasSubstr("string or null")));
    EXPECT_THAT(check("{}", "[1]"), Eq(std::nullopt));
    EXPECT_THAT(check("true", "[1]"), Eq(std::nullopt));
}

TEST(Schema, ChecksRangesOnBothSides) {
    EXPECT_THAT(check(R"({"type":"integer","format":"int8"})", "127"), Eq(std::nullopt));
    EXPECT_THAT(check(R"({"type":"integer","format":"int8"})", "-128"), Eq(std::nullopt));
    EXPECT_THAT(check(R"({"type":"integer","format":"int8"})", "128"), Optional(HasSubstr("from -128 to 127")));
    EXPECT_THAT(check(R"({"type":"integer","format":"uint64"})", "18446744073709551615"), Eq(std::nullopt));
    EXPECT_THAT(check(R"({"type":"integer","format":"uint64"})", "-1"), Optional(HasSubstr("from 0")));
    EXPECT_THAT(check(R"({"type":"integer","format":"int64"})", "9223372036854775808"), Optional(HasSubstr("to 9")));
    EXPECT_THAT(check(R"({"type":"number","minimum":0})", "-0.5"), Optional(HasSubstr("at least 0")));
    EXPECT_THAT(check(R"({"type":"number","maximum":1})", "1.5"), Optional(HasSubstr("at most 1")));
}

TEST(Schema, ChecksInside) {
    const char* point = R"({"type":"object","properties":{"x":{"type":"number"},"y":{"type":"number"}},"required":["x"],
                            "additionalProperties":false})";
    EXPECT_THAT(check(point, R"({"x":1})"), Eq(std::nullopt));
    EXPECT_THAT(check(point, R"({"y":1})"), Optional(HasSubstr("lacks the member 'x'")));
    EXPECT_THAT(check(point, R"({"x":"1"})"), Optional(HasSubstr("at 'x' wants a number")));
    EXPECT_THAT(check(point, R"({"x":1,"z":1})"), Optional(HasSubstr("no member 'z'")));
    const char* map = R"({"type":"object","additionalProperties":{"type":"integer"}})";
    EXPECT_THAT(check(map, R"({"a":1,"b":"2"})"), Optional(HasSubstr("at 'b'")));
    EXPECT_THAT(check(R"({"type":"array","items":{"type":"integer"}})", "[1,true]"), Optional(HasSubstr("at [1]")));
    const char* pair =
        R"({"type":"array","prefixItems":[{"type":"string"},{"type":"number"}],"minItems":2,"maxItems":2})";
    EXPECT_THAT(check(pair, R"(["a",1])"), Eq(std::nullopt));
    EXPECT_THAT(check(pair, R"(["a"])"), Optional(HasSubstr("a JSON array of a text, a number")));
    EXPECT_THAT(check(pair, R"([1,1])"), Optional(HasSubstr("at [0]")));
}

TEST(Schema, ChecksAlternatives) {
    const char* variant = R"({"oneOf":[{"type":"object","properties":{"type":{"const":"a"}},"required":["type"]},
                              {"type":"null"}]})";
    EXPECT_THAT(check(variant, R"({"type":"a"})"), Eq(std::nullopt));
    EXPECT_THAT(check(variant, "null"), Eq(std::nullopt));
    EXPECT_THAT(check(variant, R"({"type":"b"})"), Optional(HasSubstr(", or ")));
}

TEST(Schema, ShowsOnlyTheBeginningOfALongValue) {
    const auto wrong = mismatch(*Json::parse(R"({"type":"number"})"), Json{std::string(1 << 20, 'x')});
    ASSERT_TRUE(wrong);
    EXPECT_LT(wrong->size(), 100U);
}

} // namespace
} // namespace malla::cli
