// SPDX-License-Identifier: Apache-2.0
#include "codec/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace malla::codec {
namespace {

using namespace shapes;
using testing::HasSubstr;

template <class T>
std::string reason(std::string_view body) {
    const auto value = decode_result_binary<T>(body);
    if (value) return "accepted";
    EXPECT_EQ(value.error().id(), "request_body_invalid");
    return value.error().info();
}

template <class T>
std::string encoded(const T& value) {
    std::string body;
    encode_result_binary(body, value);
    return body;
}

template <class T>
void expect_refused_when_cut_or_longer() {
    for (const T& value : samples<T>()) {
        const std::string body = encoded(value);
        for (std::size_t size = 0; size < body.size(); ++size)
            EXPECT_FALSE(decode_result_binary<T>(body.substr(0, size))) << typeid(T).name() << " " << size;
        EXPECT_THAT(reason<T>(body + '\0'), HasSubstr("1 bytes too many"));
    }
}

template <class... Ts>
void expect_all_refused_when_cut_or_longer() {
    (expect_refused_when_cut_or_longer<Ts>(), ...);
}

TEST(Hostile, BodiesCutAtAnyByteAndLongerOnesAreRefused) {
    expect_all_refused_when_cut_or_longer<
        int, double, std::string, std::vector<std::byte>, Json, Op, Point, Derived, Celsius, Tree, std::optional<int>,
        Figure, std::vector<int>, std::vector<std::vector<std::string>>, std::array<double, 3>, std::set<int>,
        std::map<std::string, Point>, std::tuple<int, std::string, std::optional<bool>>>();
}

/// Whatever is read from changed bytes is refused, or a value that is encoded and read again.
template <class T>
void expect_whole_after_mutation(std::mt19937& random) {
    for (const T& value : samples<T>()) {
        const std::string body = encoded(value);
        for (int round = 0; round < 500 && !body.empty(); ++round) {
            std::string changed = body;
            for (auto changes = random() % 4 + 1; changes > 0; --changes)
                changed[random() % changed.size()] = static_cast<char>(random());
            const auto read = decode_result_binary<T>(changed);
            EXPECT_TRUE(!read || decode_result_binary<T>(encoded(*read)));
        }
    }
}

template <class... Ts>
void expect_all_whole_after_mutation() {
    std::mt19937 random{1}; // NOLINT(cert-msc51-cpp): the same each time, on purpose
    (expect_whole_after_mutation<Ts>(random), ...);
}

TEST(Hostile, ChangedBodiesGiveAValueOrAStatus) {
    expect_all_whole_after_mutation<std::string, Json, Op, Derived, Tree, Figure, std::vector<std::vector<std::string>>,
                                    std::unordered_set<std::string>, std::map<std::string, Point>,
                                    std::map<int, std::string>, std::vector<Nothing>,
                                    std::tuple<int, std::string, std::optional<bool>>>();
}

TEST(Hostile, ChangedJsonTextsGiveAValueOrAStatus) {
    std::mt19937 random{2}; // NOLINT(cert-msc51-cpp): the same each time, on purpose
    constexpr std::string_view text =
        R"([{"name":"d\u00e9","points":[{"x":1,"y":2.5e3}]},{"type":"point","value":{"x":-1,"y":0}}])";
    constexpr std::array<std::string_view, 2> names{"derived", "figure"};
    ASSERT_TRUE((decode_arguments_json<Derived, Figure>(text, names)));
    int read = 0;
    for (int round = 0; round < 10'000; ++round) {
        std::string changed{text};
        for (auto changes = random() % 3 + 1; changes > 0; --changes)
            changed[random() % changed.size()] = static_cast<char>(random());
        const auto arguments = decode_arguments_json<Derived, Figure>(changed, names);
        read += arguments ? 1 : 0;
        EXPECT_TRUE(arguments || !arguments.error().info().empty());
    }
    EXPECT_GT(read, 0);
}

TEST(Hostile, CountsBeyondTheBodyAreRefusedBeforeMemoryIsTaken) {
    const std::string huge = encoded(std::uint64_t{1} << 61);
    EXPECT_EQ(
        reason<std::vector<int>>(huge),
        "The request body is invalid at byte 8 of 8: 2305843009213693952 elements do not fit in the 0 bytes left");
    EXPECT_THAT(reason<std::string>(huge), HasSubstr("do not fit"));
    EXPECT_THAT((reason<std::map<int, int>>(huge)), HasSubstr("do not fit"));
    // 4 strings take 32 bytes at least.
    EXPECT_THAT(reason<std::vector<std::string>>(encoded(std::uint64_t{4}) + std::string(31, '\0')),
                HasSubstr("do not fit"));
}

TEST(Hostile, BoolsEnumerationsAndVariantsOutOfRangeAreRefused) {
    EXPECT_THAT(reason<bool>("\2"), HasSubstr("a bool is 0 or 1"));
    EXPECT_THAT(reason<std::vector<bool>>(encoded(std::uint64_t{1}) + '\2'), HasSubstr("a bool is 0 or 1"));
    EXPECT_THAT(reason<Op>(encoded(2)), HasSubstr("no such value"));
    EXPECT_THAT(reason<std::vector<Op>>(encoded(std::uint64_t{1}) + encoded(-1)), HasSubstr("no such value"));
    EXPECT_THAT((reason<std::optional<Level>>(std::string{"\0\0", 2})), HasSubstr("no such value"));
    EXPECT_FALSE(decode_result_binary<Figure>(encoded(5)));
    EXPECT_FALSE(decode_result_binary<Figure>(encoded(-1)));
}

Tree tree_of(int depth) {
    Tree tree;
    if (depth > 1) tree.branches.push_back(tree_of(depth - 1));
    return tree;
}

TEST(Hostile, DepthIsBounded) {
    // Each tree is two levels: its record and the list of its branches.
    EXPECT_TRUE(decode_result_binary<Tree>(encoded(tree_of(32))));
    EXPECT_THAT(reason<Tree>(encoded(tree_of(33))), HasSubstr("deeper than 64 levels"));

    std::string bomb;
    for (int i = 0; i < 100'000; ++i) bomb += encoded(0) + encoded(std::uint64_t{1});
    EXPECT_THAT(reason<Tree>(bomb), HasSubstr("deeper than 64 levels"));
    EXPECT_FALSE(decode_result_json<Tree>(std::string(1'000'000, '[')));
}

TEST(Hostile, JsonInABinaryBodyIsJson) {
    EXPECT_THAT(reason<Json>(encoded(std::string{"{"})), HasSubstr("Syntax error at byte 2"));
    EXPECT_THAT(reason<Json>(encoded(Json{std::nan("")})), HasSubstr("Syntax error")) << "the writer does not hide it";
}

struct Picky {
    int value = 0;

    template <class Archive>
    void save(Archive& archive) const {
        archive(malla::field("value", value));
    }
    template <class Archive>
    void load(Archive& archive) {
        archive(malla::field("value", value));
        if (value < 0) throw std::invalid_argument{"internal text"};
    }
};

TEST(Hostile, WhatATypeThrowsIsAStatusWithoutItsText) {
    EXPECT_TRUE(decode_result_binary<Picky>(encoded(Picky{1})));
    EXPECT_EQ(reason<Picky>(encoded(Picky{-1})), "The request body is invalid");
    EXPECT_EQ(decode_result_json<Picky>(R"({"value":-1})").error().info(), "The request body is invalid");
}

} // namespace
} // namespace malla::codec
