// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* calculate =
    R"({"params":[{"name":"op","schema":{"type":"string","enum":["add","multiply"]}},)"
    R"({"name":"a","schema":{"type":"number","format":"double"}},)"
    R"({"name":"b","schema":{"type":"number","format":"double"}}],"result":{"type":"number","format":"double"}})";

std::string taking(const std::string& schema) {
    return R"({"params":[{"name":"x","schema":)" + schema + R"(}],"result":{}})";
}

CallbackDescription described(const std::string& json) {
    auto description = CallbackDescription::parse(json);
    EXPECT_TRUE(description);
    return *description;
}

std::string words(const std::string& callback, std::vector<std::string> given,
                  std::optional<std::size_t> separator = {}) {
    const auto json = arguments_of_words(described(callback), given, separator);
    if (json) return *json;
    EXPECT_EQ(json.error().exit_code(), ExitCode::usage);
    return json.error().info();
}

std::string line(const std::string& callback, std::string_view given) {
    const auto json = arguments_of_line(described(callback), given);
    if (json) return *json;
    EXPECT_EQ(json.error().exit_code(), ExitCode::usage);
    return json.error().info();
}

TEST(Words, AreReadAsTheTypesSay) {
    EXPECT_EQ(words(calculate, {"add", "2", "3"}), R"(["add",2,3])");
    EXPECT_EQ(words(calculate, {"\"add\"", "-2.5", "1e3"}), R"(["add",-2.5,1e3])");
    EXPECT_EQ(words(taking(R"({"type":"boolean"})"), {"true"}), "[true]");
    EXPECT_EQ(words(taking(R"({"type":"array","items":{"type":"integer"}})"), {"[1,2]"}), "[[1,2]]");
    EXPECT_EQ(words(taking(R"({"type":["integer","null"]})"), {"null"}), "[null]");
}

TEST(Words, ForAStringAreTakenAsTheyStand) {
    const std::string text = taking(R"({"type":"string"})");
    EXPECT_EQ(words(text, {"5"}), R"(["5"])");
    EXPECT_EQ(words(text, {"\"quoted\""}), R"(["\"quoted\""])");
    EXPECT_EQ(words(text, {"[]"}), R"(["[]"])");
    EXPECT_EQ(words(text, {""}), R"([""])");
    EXPECT_EQ(words(text, {"ä\n"}), "[\"ä\\n\"]");
    EXPECT_THAT(words(text, {"\xff"}), HasSubstr("UTF-8"));
}

TEST(Words, OfAnyTypeAreJsonOrElseAString) {
    for (const char* json : {"5", "[]", "[1,\"a,b\"]", "{}", "null", "\"x\"", "-3"})
        EXPECT_EQ(words(taking("{}"), {json}), std::string{"["}.append(json).append("]"));
    for (const char* text : {"++", "--", "", "hello", "01", "{"})
        EXPECT_EQ(words(taking("{}"), {text}), std::string{"[\""}.append(text).append("\"]"));
}

TEST(Words, ForBytesAreBase64) {
    const std::string bytes = taking(R"({"type":"string","contentEncoding":"base64"})");
    EXPECT_EQ(words(bytes, {"aGk="}), R"(["aGk="])");
    EXPECT_EQ(words(bytes, {"\"aGk=\""}), R"(["aGk="])");
    EXPECT_EQ(words(bytes, {""}), R"([""])");
    for (const char* wrong : {"aGk", "a===", "aG k", "a=Gk"}) EXPECT_THAT(words(bytes, {wrong}), HasSubstr("base64"));
}

TEST(Words, NameAParameterOnlyWhereThereIsOneOfThatName) {
    EXPECT_EQ(words(calculate, {"b=3", "op=add", "a=2"}), R"(["add",2,3])");
    EXPECT_EQ(words(calculate, {"b=3", "add", "2"}), R"(["add",2,3])");
    EXPECT_EQ(words(taking(R"({"type":"string"})"), {"y=1"}), R"(["y=1"])");
    EXPECT_EQ(words(taking(R"({"type":"string"})"), {"x=x=1"}), R"(["x=1"])");
    EXPECT_THAT(words(calculate, {"a=1", "a=2", "add"}), HasSubstr("twice"));
    EXPECT_THAT(words(calculate, {"a=1", "b=2"}), HasSubstr("'op' is missing"));
}

TEST(Words, OfWrongCountAreRefusedWithWhatIsWanted) {
    EXPECT_THAT(words(calculate, {"add", "2"}), AllOf(HasSubstr("3 arguments"), HasSubstr("not 2")));
    EXPECT_THAT(words(calculate, {"add", "2", "3", "4"}), HasSubstr("not 4"));
    EXPECT_THAT(words(calculate, {R"(["add",2,3])"}), HasSubstr("not 1"));
    const auto error = arguments_of_words(described(calculate), {}, {});
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().data().at("hint"), "it takes op: one of add, multiply; a: a number; b: a number");
    const std::vector<std::string> with_option{"add", "--keepgoing", "2", "3"};
    const auto mistyped = arguments_of_words(described(calculate), with_option, {});
    ASSERT_FALSE(mistyped);
    EXPECT_THAT(mistyped.error().info(), HasSubstr("not 4"));
    EXPECT_THAT(mistyped.error().data().at("hint"), HasSubstr("--keepgoing is no option of this command"));
}

TEST(Words, OfWrongTypeAreRefusedByNameAndType) {
    EXPECT_THAT(words(calculate, {"add", "two", "3"}), AllOf(HasSubstr("'a'"), HasSubstr("a number, not \"two\"")));
    EXPECT_THAT(words(calculate, {"subtract", "2", "3"}), AllOf(HasSubstr("'op'"), HasSubstr("add, multiply")));
    EXPECT_THAT(words(taking(R"({"type":"array"})"), {"[1"}), HasSubstr("JSON array"));
    EXPECT_THAT(words(taking(R"({"anyOf":[{"type":"string"},{"type":"null"}]})"), {"hello"}), HasSubstr("JSON"));
}

TEST(Words, MayBeTwoDashesWhereOneMoreIsWanted) {
    const std::string one = taking(R"({"type":"string"})");
    EXPECT_EQ(words(one, {"--"}, 0), R"(["--"])");
    EXPECT_EQ(words(one, {"--", "--"}, 0), R"(["--"])");
    EXPECT_EQ(words(one, {"--", "-j"}, 0), R"(["-j"])");
    EXPECT_EQ(words(calculate, {"add", "--", "-2", "3"}, 1), R"(["add",-2,3])");
}

TEST(Words, WithoutKnownTypesAreAny) {
    EXPECT_EQ(words("", {"1", "x", "[]"}), R"([1,"x",[]])");
    EXPECT_EQ(words("{}", {}), "[]");
    EXPECT_EQ(words(R"({"params":[],"result":{}})", {}), "[]");
    EXPECT_THAT(words(R"({"params":[],"result":{}})", {"[]"}), HasSubstr("0 arguments"));
}

TEST(Lines, AreTheWholeValueOfASingleParameter) {
    EXPECT_EQ(line(taking(R"({"type":"string"})"), "x=[1] "), R"(["x=[1] "])");
    EXPECT_EQ(line(taking(R"({"type":"number"})"), "7"), "[7]");
    EXPECT_EQ(line(taking(R"({"type":"array"})"), "[1,2]"), "[[1,2]]");
    EXPECT_THAT(line(taking(R"({"type":"number"})"), ""), HasSubstr("a number"));
}

TEST(Lines, OfSeveralParametersAreAnArrayOrNamedArguments) {
    EXPECT_EQ(line(calculate, R"(["add",2,3])"), R"(["add",2,3])");
    EXPECT_EQ(line(calculate, R"({"b":3,"a":2,"op":"add"})"), R"(["add",2,3])");
    EXPECT_THAT(line(calculate, "add 2 3"), HasSubstr("JSON array"));
    EXPECT_THAT(line(calculate, R"(["add",2])"), HasSubstr("3 arguments, not 2"));
    EXPECT_THAT(line(calculate, R"(["add",2,"3"])"), HasSubstr("'b' wants a number"));
    EXPECT_THAT(line(calculate, R"({"op":"add","a":2})"), HasSubstr("'b' is missing"));
    EXPECT_THAT(line(calculate, R"({"op":"add","a":2,"b":3,"c":4})"), HasSubstr("'c'"));
}

TEST(Lines, OfNoParametersAreAnEmptyArray) {
    const std::string none = R"({"params":[],"result":{}})";
    EXPECT_EQ(line(none, "[]"), "[]");
    EXPECT_THAT(line(none, ""), HasSubstr("JSON array"));
    EXPECT_THAT(line(none, "[1]"), HasSubstr("not 1"));
}

} // namespace
} // namespace malla::cli
