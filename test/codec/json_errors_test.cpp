// SPDX-License-Identifier: Apache-2.0
#include "codec/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace malla::codec {
namespace {

using namespace shapes;

constexpr std::array<std::string_view, 3> names{"op", "a", "b"};

template <class T>
std::string refusal(std::string_view text, std::string_view name = "b") {
    const auto value = from_json<T>(*Json::parse(text), name);
    return value ? "accepted" : std::string{value.error().id()} + " " + value.error().info();
}

std::string refused_call(std::string_view text) {
    const auto arguments = decode_arguments_json<Op, double, std::optional<double>>(text, names);
    return arguments ? "accepted" : std::string{arguments.error().id()} + " " + arguments.error().info();
}

struct Items {
    std::vector<int> items;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("items", items));
    }
};

TEST(JsonErrors, NameThePlace) {
    EXPECT_EQ(refusal<Items>(R"({"items":[1,2,3,"x"]})"),
              R"(parameter_invalid b.items[3]: expected a whole number, got "x")");
    EXPECT_EQ(refusal<std::vector<Items>>(R"([{"items":[]},{"items":[true]}])"),
              "parameter_invalid b[1].items[0]: expected a whole number, got true");
    EXPECT_EQ((refusal<std::map<std::string, Point>>(R"({"k":{"x":1}})")), "field_missing Field 'b.k.y' is missing");
    EXPECT_EQ(refusal<Derived>(R"({"name":"n","points":[{"x":1,"y":2,"z":3}]})"),
              "field_unknown Field 'b.points[0].z' is unknown");
    EXPECT_EQ(refusal<int>("null", ""), "parameter_invalid expected a whole number, got null");
    EXPECT_EQ(from_json<Items>(*Json::parse(R"({"items":0})"), "b").error().data().at("parameter"), "b");
}

TEST(JsonErrors, SayWhatWasExpected) {
    EXPECT_EQ(refusal<bool>("1"), "parameter_invalid b: expected true or false, got 1");
    EXPECT_EQ(refusal<std::string>("[]"), "parameter_invalid b: expected a string, got []");
    EXPECT_EQ(refusal<double>(R"("1")"), R"(parameter_invalid b: expected a number, got "1")");
    EXPECT_EQ(refusal<Op>(R"("divide")"), R"(parameter_invalid b: expected one of add, multiply, got "divide")");
    EXPECT_EQ(refusal<Op>("0"), "parameter_invalid b: expected one of add, multiply, got 0");
    EXPECT_EQ(refusal<std::vector<int>>("{}"), "parameter_invalid b: expected an array, got {}");
    EXPECT_EQ(refusal<Point>("[]"), "parameter_invalid b: expected an object, got []");
    EXPECT_EQ((refusal<std::pair<int, int>>("[1]")), "parameter_invalid b: expected an array of 2, got [1]");
    EXPECT_EQ((refusal<std::array<int, 2>>("[1,2,3]")), "parameter_invalid b: expected an array of 2, got [1,2,3]");
    EXPECT_EQ(refusal<std::vector<std::byte>>(R"("a")"), R"(parameter_invalid b: expected bytes in base64, got "a")");
    EXPECT_EQ(refusal<Figure>(R"({"type":"circle","value":1})"),
              R"(parameter_invalid b.type: expected one of null, int32, string, point, derived, got "circle")");
    EXPECT_EQ(refusal<Figure>("7"), R"(parameter_invalid b: expected an object of "type" and "value", got 7)");
}

TEST(JsonErrors, ShowOnlyTheBeginningOfALongValue) {
    std::string text = "\"";
    for (int i = 0; i < 100; ++i) text += "\u00e9";
    const auto shown = refusal<int>(text + '"');
    EXPECT_THAT(shown, testing::EndsWith("\u00e9..."));
    EXPECT_LT(shown.size(), 120U);
    EXPECT_TRUE(Json{shown}.dump()) << "cut between characters";
}

TEST(JsonNumbers, AreReadInTheRangeOfTheirType) {
    EXPECT_EQ(*from_json<std::int8_t>(Json{-128}), -128);
    EXPECT_EQ(refusal<std::int8_t>("-129"), "parameter_invalid b: expected a whole number from -128 to 127, got -129");
    EXPECT_EQ(refusal<std::uint8_t>("256"), "parameter_invalid b: expected a whole number from 0 to 255, got 256");
    EXPECT_EQ(refusal<std::uint64_t>("-1"),
              "parameter_invalid b: expected a whole number from 0 to 18446744073709551615, got -1");
    EXPECT_EQ(refusal<std::int64_t>("9223372036854775808").substr(0, 17), "parameter_invalid");
    EXPECT_EQ(refusal<float>("1e39"), "parameter_invalid b: expected a number that a float can hold, got 1e+39");
    EXPECT_EQ(*from_json<double>(Json{7}), 7.0);
}

TEST(JsonNumbers, AreWholeWhereADoubleIsWhole) {
    EXPECT_EQ(*from_json<int>(*Json::parse("5.0")), 5);
    EXPECT_EQ(*from_json<int>(*Json::parse("1e3")), 1000);
    EXPECT_EQ(*from_json<std::uint64_t>(*Json::parse("1e19")), 10'000'000'000'000'000'000U);
    EXPECT_EQ(refusal<int>("2.5"), "parameter_invalid b: expected a whole number, got 2.5");
    EXPECT_EQ(refusal<std::int64_t>("1e19").substr(0, 17), "parameter_invalid");
    EXPECT_EQ(refusal<std::uint64_t>("18446744073709551616").substr(0, 17), "parameter_invalid");
}

TEST(JsonNumbers, WithoutAFormAreRefusedWithTheirPlace) {
    std::string out;
    EXPECT_EQ(encode_result_json(out, Point{1, std::nan("")}).error().info(),
              "result.y: NaN and infinity have no JSON form");
    EXPECT_EQ(encode_result_json(out, std::vector<float>{HUGE_VALF}).error().info(),
              "result[0]: NaN and infinity have no JSON form");
    EXPECT_FALSE(encode_result_json(out, std::string{"\xff"}));
    EXPECT_FALSE(encode_result_json(out, static_cast<Op>(9)));
}

TEST(JsonArguments, AreTakenByPositionOrByName) {
    const auto by_position = decode_arguments_json<Op, double, std::optional<double>>(R"(["add",1,2])", names);
    const auto by_name = decode_arguments_json<Op, double, std::optional<double>>(R"({"b":2,"op":"add","a":1})", names);
    EXPECT_EQ(*by_position, std::tuple(Op::add, 1.0, std::optional{2.0}));
    EXPECT_EQ(*by_name, *by_position);
}

TEST(JsonArguments, MayLeaveOutOptionalOnesAtTheEnd) {
    EXPECT_EQ(std::get<2>(*decode_arguments_json<Op, double, std::optional<double>>(R"(["add",1])", names)),
              std::nullopt);
    EXPECT_EQ(std::get<2>(*decode_arguments_json<Op, double, std::optional<double>>(R"({"op":"add","a":1})", names)),
              std::nullopt);
    EXPECT_TRUE((decode_arguments_json<>("{}", {})));
    EXPECT_TRUE((decode_arguments_json<>("[]", {})));
}

TEST(JsonArguments, AreRefusedWithTheReason) {
    EXPECT_EQ(refused_call(R"(["add"])"), "invalid_parameters expected 2 to 3 arguments (op, a, b), got 1");
    EXPECT_EQ(refused_call(R"(["add",1,2,3])"), "invalid_parameters expected 2 to 3 arguments (op, a, b), got 4");
    EXPECT_EQ(refused_call("5"),
              "invalid_parameters expected an array or an object of 2 to 3 arguments (op, a, b), got 5");
    EXPECT_EQ(refused_call(R"({"op":"add"})"), "parameter_missing Missing parameter 'a'");
    EXPECT_EQ(refused_call(R"({"op":"add","a":1,"c":2})"),
              "field_unknown Parameter 'c' is unknown; expected 2 to 3 arguments (op, a, b)");
    EXPECT_EQ(refused_call(R"(["add","1"])"), R"(parameter_invalid a: expected a number, got "1")");
    EXPECT_EQ(refused_call(R"(["add",1)"),
              "syntax_error Syntax error at byte 9: unexpected end of input; expected ']'");
    EXPECT_EQ((decode_arguments_json<int, int>("[1]", std::span{names}.first(2)).error().info()),
              "expected 2 arguments (op, a), got 1");
    EXPECT_EQ(decode_arguments_json<>("[1]", {}).error().info(), "expected 0 arguments, got 1");
    EXPECT_EQ(decode_arguments_json<int>("[]", std::span{names}.first(1)).error().info(),
              "expected 1 argument (op), got 0");
}

TEST(Base64, IsReadStrictly) {
    for (const std::string_view text : {"", "AA==", "AAA=", "AAAA", "/+8="}) {
        ASSERT_TRUE(from_base64(text)) << text;
        EXPECT_EQ(to_base64(*from_base64(text)), text);
    }
    for (const std::string_view text :
         {"A", "AA", "AAA", "A===", "====", "AA=A", "AB==", "AAB=", "AA==AAAA", "A A=", "AAA-"})
        EXPECT_FALSE(from_base64(text)) << text;
}

} // namespace
} // namespace malla::codec
