// SPDX-License-Identifier: Apache-2.0
#include "codec/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace malla::codec {
namespace {

using namespace shapes;

struct Binary {
    template <class T>
    static std::string encoded(const T& value) {
        std::string body = "header";
        encode_result_binary(body, value);
        return body.substr(6);
    }
    template <class T>
    static Result<T> decoded(std::string_view body) {
        return decode_result_binary<T>(body);
    }
    template <class... A>
    static std::string encoded_all(const A&... arguments) {
        std::string body;
        encode_arguments_binary(body, arguments...);
        return body;
    }
    template <class... A>
    static Result<std::tuple<A...>> decoded_all(std::string_view body, std::span<const std::string_view>) {
        return decode_arguments_binary<A...>(body);
    }
};

struct JsonText {
    template <class T>
    static std::string encoded(const T& value) {
        std::string body = "header";
        const auto done = encode_result_json(body, value);
        EXPECT_TRUE(done.has_value()) << done.error().info();
        return body.substr(6);
    }
    template <class T>
    static Result<T> decoded(std::string_view body) {
        return decode_result_json<T>(body);
    }
    template <class... A>
    static std::string encoded_all(const A&... arguments) {
        std::string body;
        const auto done = encode_arguments_json(body, arguments...);
        EXPECT_TRUE(done.has_value()) << done.error().info();
        return body;
    }
    template <class... A>
    static Result<std::tuple<A...>> decoded_all(std::string_view body, std::span<const std::string_view> names) {
        return decode_arguments_json<A...>(body, names);
    }
};

template <class Body>
class RoundTrip : public testing::Test {
public:
    template <class T>
    void check() {
        static_assert(Serialisable<T>);
        const std::vector<T> values = samples<T>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const T value = values[i];
            const std::string body = Body::encoded(value);
            const auto back = Body::template decoded<T>(body);
            ASSERT_TRUE(back.has_value()) << typeid(T).name() << ": " << back.error().info() << "\n" << body;
            EXPECT_TRUE(*back == value) << typeid(T).name() << ": " << body;
        }
    }
    template <class... Ts>
    void check_all() {
        (check<Ts>(), ...);
    }
};

using Bodies = testing::Types<Binary, JsonText>;
TYPED_TEST_SUITE(RoundTrip, Bodies);

TYPED_TEST(RoundTrip, GivesEveryPlainValueBack) {
    this->template check_all<bool, std::int8_t, std::uint16_t, int, std::int64_t, std::uint64_t, float, double,
                             std::string, std::vector<std::byte>, Json, Op, Level, Unnamed>();
}

TYPED_TEST(RoundTrip, GivesEveryRecordBack) { this->template check_all<Point, Derived, Celsius, Tree, Nothing>(); }

TYPED_TEST(RoundTrip, GivesEveryStandardTypeBack) {
    this->template check_all<std::optional<int>, Figure, std::vector<int>, std::vector<bool>,
                             std::vector<std::vector<std::string>>, std::vector<Nothing>, std::array<double, 3>,
                             std::set<int>, std::unordered_set<std::string>, std::map<std::string, Point>,
                             std::map<int, std::string>, std::unordered_map<std::string, std::vector<int>>,
                             std::pair<int, std::string>, std::tuple<int, std::string, std::optional<bool>>>();
}

TYPED_TEST(RoundTrip, GivesArgumentsBack) {
    constexpr std::array<std::string_view, 3> names{"op", "a", "p"};
    const auto body = TypeParam::encoded_all(Op::multiply, 2.5, Point{1, 2});

    const auto back = TypeParam::template decoded_all<Op, double, Point>(body, names);

    ASSERT_TRUE(back.has_value()) << back.error().info();
    EXPECT_EQ(*back, std::tuple(Op::multiply, 2.5, (Point{1, 2})));
}

TYPED_TEST(RoundTrip, GivesNoArgumentsBack) {
    EXPECT_TRUE(TypeParam::template decoded_all<>(TypeParam::encoded_all(), {}));
}

TEST(Binary, IsCerealsPortableFormWithoutItsFirstByte) {
    using namespace std::string_literals;
    EXPECT_EQ(Binary::encoded_all(Op::multiply, 1.0), "\1\0\0\0\0\0\0\0\0\0\xf0\x3f"s);
    EXPECT_EQ(Binary::encoded(std::string{"ab"}), "\2\0\0\0\0\0\0\0ab"s);
    EXPECT_EQ(Binary::encoded(std::optional<std::uint8_t>{7}), "\0\7"s);
    EXPECT_EQ(Binary::encoded(Point{1, 0}), "\1\0\0\0"s + std::string(8, '\0'));
    EXPECT_EQ(Binary::encoded(Json{5}), "\1\0\0\0\0\0\0\0005"s);
}

TEST(JsonText, IsNatural) {
    EXPECT_EQ(JsonText::encoded(5.0), "5");
    EXPECT_EQ(JsonText::encoded(0.1F), "0.1");
    EXPECT_EQ(JsonText::encoded(Op::add), R"("add")");
    EXPECT_EQ(JsonText::encoded(Unnamed::b), "7");
    EXPECT_EQ(JsonText::encoded(std::vector<std::byte>{std::byte{1}, std::byte{255}}), R"("Af8=")");
    EXPECT_EQ(JsonText::encoded(Derived{{"d"}, std::vector<Point>{{1, 2.5}}}),
              R"({"name":"d","points":[{"x":1,"y":2.5}]})");
    EXPECT_EQ(JsonText::encoded(Derived{{"d"}, {}}), R"({"name":"d","points":null})");
    EXPECT_EQ(JsonText::encoded(Figure{Point{1, 2}}), R"({"type":"point","value":{"x":1,"y":2}})");
    EXPECT_EQ(JsonText::encoded(Figure{7}), R"({"type":"int32","value":7})");
    EXPECT_EQ(JsonText::encoded(std::map<std::string, int>{{"a", 1}}), R"({"a":1})");
    EXPECT_EQ(JsonText::encoded(std::map<int, bool>{{1, true}}), "[[1,true]]");
    EXPECT_EQ(JsonText::encoded_all(Op::add, 2.0, std::string{"x"}), R"(["add",2,"x"])");
}

TEST(VoidResult, IsAnEmptyBodyOrNull) {
    EXPECT_TRUE(decode_result_binary<void>(""));
    EXPECT_FALSE(decode_result_binary<void>("x"));
    EXPECT_TRUE(decode_result_json<void>("null"));
    EXPECT_FALSE(decode_result_json<void>("1"));
}

TEST(NamesOfEnumerations, AreFoundBesideTheType) {
    static_assert(name_of(Op::multiply) == "multiply");
    static_assert(enum_named<Level>("high") == Level::high);
    static_assert(!enum_named<Level>("higher"));
    static_assert(NamedEnum<Op> && !NamedEnum<Unnamed> && !NamedEnum<int>);
}

struct Unserialised {};
struct NoDefault {
    explicit NoDefault(int) {}
    template <class Archive>
    void serialize(Archive&) {}
};

TEST(Serialisable, SaysWhatCanBeSent) {
    static_assert(!Serialisable<int*> && !Serialisable<std::unique_ptr<int>> && !Serialisable<std::shared_ptr<int>>);
    static_assert(!Serialisable<std::string_view> && !Serialisable<const char*> && !Serialisable<char> &&
                  !Serialisable<long double>);
    static_assert(!Serialisable<Unserialised> && !Serialisable<std::vector<Unserialised>> && !Serialisable<NoDefault>);
    static_assert(!Serialisable<std::map<std::string, std::tuple<int, Unserialised>>>);
    static_assert(!Serialisable<std::optional<std::optional<int>>>);
    static_assert(require_serialisable<Figure>());
}

} // namespace
} // namespace malla::codec
