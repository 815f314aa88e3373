// SPDX-License-Identifier: Apache-2.0
#include "codec/samples.hpp"

#include <gtest/gtest.h>

namespace malla::codec {
namespace {

using namespace shapes;

template <class T>
std::string text() {
    return *schema<T>().dump();
}

TEST(Schema, OfPlainTypes) {
    EXPECT_EQ(text<void>(), R"({"type":"null"})");
    EXPECT_EQ(text<bool>(), R"({"type":"boolean"})");
    EXPECT_EQ(text<int>(), R"({"type":"integer","format":"int32","minimum":-2147483648,"maximum":2147483647})");
    EXPECT_EQ(text<std::uint64_t>(),
              R"({"type":"integer","format":"uint64","minimum":0,"maximum":18446744073709551615})");
    EXPECT_EQ(text<std::int8_t>(), R"({"type":"integer","format":"int8","minimum":-128,"maximum":127})");
    EXPECT_EQ(text<double>(), R"({"type":"number","format":"double"})");
    EXPECT_EQ(text<float>(), R"({"type":"number","format":"float"})");
    EXPECT_EQ(text<std::string>(), R"({"type":"string"})");
    EXPECT_EQ(text<std::vector<std::byte>>(), R"({"type":"string","contentEncoding":"base64"})");
    EXPECT_EQ(text<Json>(), "{}");
}

TEST(Schema, OfEnumerations) {
    EXPECT_EQ(text<Op>(), R"({"enum":["add","multiply"],"format":"int32"})");
    EXPECT_EQ(text<Level>(), R"({"enum":["low","high"],"format":"uint8","values":[10,20]})");
    EXPECT_EQ(text<Unnamed>(), R"({"type":"integer","format":"int16","minimum":-32768,"maximum":32767})");
}

TEST(Schema, OfStandardTypes) {
    const std::string number = R"({"type":"number","format":"double"})";
    const std::string string = R"({"type":"string"})";
    EXPECT_EQ(text<std::vector<double>>(), R"({"type":"array","items":)" + number + "}");
    EXPECT_EQ(text<std::set<double>>(), R"({"type":"array","items":)" + number + R"(,"uniqueItems":true})");
    EXPECT_EQ((text<std::array<double, 3>>()),
              R"({"type":"array","items":)" + number + R"(,"minItems":3,"maxItems":3})");
    EXPECT_EQ((text<std::map<std::string, double>>()), R"({"type":"object","additionalProperties":)" + number + "}");
    EXPECT_EQ((text<std::tuple<double, std::string>>()),
              R"({"type":"array","prefixItems":[)" + number + "," + string + R"(],"minItems":2,"maxItems":2})");
    EXPECT_EQ((text<std::map<double, std::string>>()), (text<std::vector<std::pair<double, std::string>>>()));
    EXPECT_EQ(text<std::optional<double>>(), R"({"anyOf":[)" + number + R"(,{"type":"null"}]})");
    EXPECT_EQ((text<std::variant<std::monostate, std::string>>()),
              R"({"oneOf":[{"type":"object","properties":{"type":{"const":"null"},"value":{"type":"null"}},)"
              R"("required":["type","value"],"additionalProperties":false},)"
              R"({"type":"object","properties":{"type":{"const":"string"},"value":{"type":"string"}},)"
              R"("required":["type","value"],"additionalProperties":false}]})");
}

TEST(Schema, OfRecords) {
    EXPECT_EQ(text<Celsius>(), R"({"type":"object","properties":{"kelvin":{"type":"number","format":"double"}},)"
                               R"("required":["kelvin"],"additionalProperties":false})");
    const std::string point = text<Point>();
    EXPECT_EQ(point.substr(0, 50), R"({"type":"object","title":"point","properties":{"x")");
    EXPECT_EQ(text<Derived>(), R"({"type":"object","title":"derived","properties":{"name":{"type":"string"},)"
                               R"("points":{"anyOf":[{"type":"array","items":)" +
                                   point + R"(},{"type":"null"}]}},"required":["name"],"additionalProperties":false})");
}

struct Forest {
    std::vector<Tree> trees;
    Tree oldest;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("trees", trees), malla::field("oldest", oldest));
    }
};

TEST(Schema, OfARecordInsideItselfRefersToItsFirstPlace) {
    EXPECT_EQ(*schema<Tree>().find("properties")->find("branches")->dump(), R"({"type":"array","items":{"$ref":"#"}})");

    const Json forest = schema<Forest>();
    const auto inner = [&](const Json& tree) {
        return *tree.find("properties")->find("branches")->find("items")->dump();
    };
    EXPECT_EQ(inner(*forest.find("properties")->find("trees")->find("items")),
              R"({"$ref":"#/properties/trees/items"})");
    EXPECT_EQ(inner(*forest.find("properties")->find("oldest")), R"({"$ref":"#/properties/oldest"})");
}

TEST(Description, NamesParametersAndResult) {
    constexpr std::array<std::string_view, 2> names{"op", "x"};
    EXPECT_TRUE(describe_callback<double>({}, false, true).find("stream"));
    EXPECT_EQ(*describe_callback<double>({}, true).dump(),
              R"({"params":[],"result":{"type":"number","format":"double"},"idempotent":true})");
    EXPECT_EQ((*describe_callback<void, Op, std::string>(names, false).dump()),
              R"({"params":[{"name":"op","schema":{"enum":["add","multiply"],"format":"int32"}},)"
              R"({"name":"x","schema":{"type":"string"}}],"result":{"type":"null"}})");
}

} // namespace
} // namespace malla::codec
