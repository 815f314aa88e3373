// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/signature.hpp"

#include "codec/samples.hpp"
#include "malla/base/fingerprint.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace malla::codec {
namespace {

using Names = std::vector<std::string_view>;

template <class R, class... A>
Json described(const Names& names, bool idempotent = false, bool stream = false) {
    return describe_callback<R, A...>(names, idempotent, stream);
}

template <class R, class... A>
std::string text(const Names& names, bool stream = false) {
    return signature_text("f", described<R, A...>(names, false, stream));
}

TEST(Signature, ReadsAsTypes) {
    EXPECT_EQ((text<void, shapes::Op, double>({"op", "x"})), "f(op: enum(add, multiply), x: double) -> null");
    EXPECT_EQ((text<shapes::Point>({})), "f() -> point{x: int32, y: double}");
    EXPECT_EQ((text<std::optional<std::string>, std::map<std::string, bool>>({"m"})),
              "f(m: map of boolean) -> string?");
    EXPECT_EQ((text<std::vector<std::byte>, std::set<int>, std::array<float, 3>>({"s", "a"})),
              "f(s: set of int32, a: [float; 3]) -> bytes");
    EXPECT_EQ((text<std::variant<std::monostate, std::string>, std::tuple<bool, Json>>({"t"})),
              "f(t: (boolean, any)) -> one of (null: null, string: string)");
    EXPECT_EQ((text<std::vector<int>>({}, true)), "f() -> stream of [int32]");
}

TEST(Signature, OfWhatIsNoDescriptionIsWhatItSays) {
    for (const char* strange : {"{}", "[]", "7", R"({"params":7})"})
        EXPECT_EQ(signature_text("f", *Json::parse(strange)), "f() -> any") << strange;
    EXPECT_EQ(signature_text("f", *Json::parse(R"({"params":[{"name":7},8],"result":{"type":"array","items":9}})")),
              "f(: any, : any) -> [any]");
}

TEST(Signature, TheFingerprintIsThatOfTypesAndNotOfNames) {
    const auto print = type_fingerprint(described<double, int, bool>({"a", "b"}));

    EXPECT_EQ(print, (type_fingerprint(described<double, int, bool>({"c", "d"}, true))));
    EXPECT_NE(print, (type_fingerprint(described<double, bool, int>({"a", "b"}))));
    EXPECT_NE(print, (type_fingerprint(described<float, int, bool>({"a", "b"}))));
    EXPECT_NE(print, (type_fingerprint(described<double, int, bool>({"a", "b"}, false, true))));
    EXPECT_NE(print, (type_fingerprint(described<double, int>({"a"}))));
    EXPECT_NE(type_fingerprint(Json{}), 0u);
}

TEST(Signature, TheFingerprintIsTheOneOfTheDocument) {
    const auto description = *Json::parse(R"({"params":[{"name":"x","schema":{"type":"number"}}],"result":{}})");

    EXPECT_EQ(type_fingerprint(description), fingerprint(R"([{"type":"number"},{},false])"));
}

} // namespace
} // namespace malla::codec
