// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/codec/call.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

// Types of a user's program, and values of them: as the codec sees them, in no namespace of ours.
namespace shapes {

enum class Op { add, multiply };
constexpr auto enum_names(Op) { return std::array{std::pair{Op::add, "add"}, std::pair{Op::multiply, "multiply"}}; }

enum class Level : std::uint8_t { low = 10, high = 20 };
constexpr auto enum_names(Level) { return std::array{std::pair{Level::low, "low"}, std::pair{Level::high, "high"}}; }

enum class Unnamed : std::int16_t { a = -1, b = 7 };

struct Point {
    static constexpr std::string_view type_name = "point";
    int x = 0;
    double y = 0;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("x", x), malla::field("y", y));
    }
    friend bool operator==(const Point&, const Point&) = default;
};

struct Base {
    std::string name;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("name", name));
    }
    friend bool operator==(const Base&, const Base&) = default;
};

struct Derived : Base {
    static constexpr std::string_view type_name = "derived";
    std::optional<std::vector<Point>> points;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(cereal::base_class<Base>(this), CEREAL_NVP(points));
    }
    friend bool operator==(const Derived&, const Derived&) = default;
};

class Celsius {
public:
    Celsius() = default;
    explicit Celsius(double degrees) : kelvin_{degrees + 273.15} {}
    friend bool operator==(const Celsius&, const Celsius&) = default;

private:
    friend class cereal::access;
    template <class Archive>
    void save(Archive& archive) const {
        archive(malla::field("kelvin", kelvin_));
    }
    template <class Archive>
    void load(Archive& archive) {
        archive(malla::field("kelvin", kelvin_));
    }

    double kelvin_ = 0;
};

struct Tree {
    int value = 0;
    std::vector<Tree> branches;

    friend bool operator==(const Tree&, const Tree&) = default;
};
template <class Archive>
void serialize(Archive& archive, Tree& tree) {
    archive(malla::field("value", tree.value), malla::field("branches", tree.branches));
}

struct Nothing {
    template <class Archive>
    void serialize(Archive&) {}
    friend bool operator==(const Nothing&, const Nothing&) = default;
};

using Figure = std::variant<std::monostate, int, std::string, Point, Derived>;

template <class T>
std::vector<T> samples();

template <class T>
    requires std::integral<T> std::vector<T> integer_samples() {
        return {T{0}, T{1}, T{42}, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    }
// clang-format off
template <> inline std::vector<bool> samples() { return {true, false}; }
template <> inline std::vector<std::int8_t> samples() { return integer_samples<std::int8_t>(); }
template <> inline std::vector<std::uint16_t> samples() { return integer_samples<std::uint16_t>(); }
template <> inline std::vector<int> samples() { return integer_samples<int>(); }
template <> inline std::vector<std::int64_t> samples() { return integer_samples<std::int64_t>(); }
template <> inline std::vector<std::uint64_t> samples() { return integer_samples<std::uint64_t>(); }
template <> inline std::vector<float> samples() { return {0.0F, 0.1F, -1.5F, std::numeric_limits<float>::max()}; }
template <> inline std::vector<double> samples() { return {0, 0.1, -2.5, 1e300, 5e-324, 9007199254740993.0, 1e21}; }
template <> inline std::vector<std::string> samples() { return {"", "a", "caf\u00e9 \"x\"\n", std::string(300, 'z'), std::string(1, '\0')}; }
template <> inline std::vector<std::vector<std::byte>> samples() {
    return {{}, {std::byte{255}}, {std::byte{0}, std::byte{1}}, std::vector<std::byte>(3, std::byte{0x7f}), std::vector<std::byte>(1000)};
}
template <> inline std::vector<malla::Json> samples() {
    return {{}, 5, 2.5, "text", malla::Json::array({1, "b", nullptr}), malla::Json::object({{"a", malla::Json::object()}})};
}
template <> inline std::vector<Op> samples() { return {Op::add, Op::multiply}; }
template <> inline std::vector<Level> samples() { return {Level::low, Level::high}; }
template <> inline std::vector<Unnamed> samples() { return {Unnamed::a, Unnamed::b}; }
template <> inline std::vector<Point> samples() { return {{}, {-1, 2.5}}; }
template <> inline std::vector<Derived> samples() { return {{}, {{"d"}, std::vector<Point>{{1, 2}, {3, 4}}}}; }
template <> inline std::vector<Celsius> samples() { return {Celsius{}, Celsius{20}}; }
template <> inline std::vector<Tree> samples() { return {{}, {1, {{2, {}}, {3, {{4, {}}}}}}}; }
template <> inline std::vector<Nothing> samples() { return {{}}; }
template <> inline std::vector<std::optional<int>> samples() { return {std::nullopt, 5}; }
template <> inline std::vector<Figure> samples() { return {std::monostate{}, 7, "text", Point{1, 2}, Derived{{"x"}, {}}}; }
template <> inline std::vector<std::vector<int>> samples() { return {{}, {1, 2, 3}}; }
template <> inline std::vector<std::vector<bool>> samples() { return {{}, {true, false, true}}; }
template <> inline std::vector<std::vector<std::vector<std::string>>> samples() { return {{}, {{}, {"a", "b"}}}; }
template <> inline std::vector<std::vector<Nothing>> samples() { return {{}, std::vector<Nothing>(5)}; }
template <> inline std::vector<std::array<double, 3>> samples() { return {{}, {1, 2.5, 3}}; }
template <> inline std::vector<std::set<int>> samples() { return {{}, {3, 1, 2}}; }
template <> inline std::vector<std::unordered_set<std::string>> samples() { return {{}, {"a", "b"}}; }
template <> inline std::vector<std::map<std::string, Point>> samples() { return {{}, {{"a", {1, 2}}, {"", {}}}}; }
template <> inline std::vector<std::map<int, std::string>> samples() { return {{}, {{1, "a"}, {2, "b"}}}; }
template <> inline std::vector<std::unordered_map<std::string, std::vector<int>>> samples() { return {{}, {{"a", {1}}, {"b", {}}}}; }
template <> inline std::vector<std::pair<int, std::string>> samples() { return {{}, {1, "a"}}; }
template <> inline std::vector<std::tuple<int, std::string, std::optional<bool>>> samples() { return {{}, {1, "a", true}}; }
// clang-format on

} // namespace shapes
