// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/from_json.hpp"
#include "malla/codec/to_json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace malla::codec::detail {

namespace {

constexpr std::string_view a_whole_number = "a whole number";

std::string range_text(auto least, auto most) {
    return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

/// A whole double as an integer of the type, nothing when it is none of those.
template <class Integer>
std::optional<Integer> whole(double number) {
    constexpr double least = std::is_signed_v<Integer> ? -0x1p63 : 0.0;
    constexpr double beyond = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;
    if (!(number >= least && number < beyond)) return std::nullopt;
    return static_cast<Integer>(number);
}

void require_whole(const Json& json, const Place& place) {
    if (!json.is_number()) place.expected(a_whole_number, json);
    if (json.kind() == Json::Kind::number && std::trunc(json.as_number()) != json.as_number())
        place.expected(a_whole_number, json);
}

} // namespace

Json number_to_json(double value, const Place& place) {
    if (!std::isfinite(value)) place.refuse("NaN and infinity have no JSON form");
    return value;
}

Json number_to_json(float value, const Place& place) {
    if (!std::isfinite(value)) place.refuse("NaN and infinity have no JSON form");
    std::array<char, 32> digits;
    double number = value;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    std::from_chars(digits.data(), end, number);
    return number;
}

std::int64_t read_signed(const Json& json, std::int64_t least, std::int64_t most, const Place& place) {
    require_whole(json, place);
    std::optional<std::int64_t> value;
    if (json.kind() == Json::Kind::integer) value = json.as_integer();
    else if (json.kind() == Json::Kind::number) value = whole<std::int64_t>(json.as_number());
    if (!value || *value < least || *value > most) place.expected(range_text(least, most), json);
    return *value;
}

std::uint64_t read_unsigned(const Json& json, std::uint64_t most, const Place& place) {
    require_whole(json, place);
    std::optional<std::uint64_t> value;
    if (json.kind() == Json::Kind::number) value = whole<std::uint64_t>(json.as_number());
    else if (json.kind() == Json::Kind::unsigned_integer || json.as_integer() >= 0) value = json.as_unsigned();
    if (!value || *value > most) place.expected(range_text(0, most), json);
    return *value;
}

double read_double(const Json& json, const Place& place) {
    if (!json.is_number()) place.expected("a number", json);
    return json.as_number();
}

float read_float(const Json& json, const Place& place) {
    const double value = read_double(json, place);
    constexpr double rounds_to_infinity = 0x1.ffffffp127;
    if (std::abs(value) >= rounds_to_infinity) place.expected("a number that a float can hold", json);
    return static_cast<float>(value);
}

std::vector<std::byte> read_bytes(const Json& json, const Place& place) {
    if (!json.is_string()) place.expected("bytes in base64", json);
    place.charge(json.as_string().size(), 1);
    auto bytes = from_base64(json.as_string());
    if (!bytes) place.expected("bytes in base64", json);
    return *std::move(bytes);
}

std::size_t read_name(const Json& json, std::span<const std::string_view> names, const Place& place) {
    const auto found = json.is_string() ? std::ranges::find(names, json.as_string()) : names.end();
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    std::string known = "one of";
    for (const std::string_view name : names) known.append(name == names.front() ? " " : ", ").append(name);
    place.expected(known, json);
}

void require_array(const Json& json, const Place& place) {
    if (!json.is_array()) place.expected("an array", json);
}

void require_array_of(std::size_t size, const Json& json, const Place& place) {
    if (!json.is_array() || json.size() != size) place.expected("an array of " + std::to_string(size), json);
}

void require_object(const Json& json, const Place& place) {
    if (!json.is_object()) place.expected("an object", json);
}

void JsonReader::finish() const {
    if (read_.size() == object_.size()) return;
    for (std::size_t i = 0; i < object_.size(); ++i) {
        const auto [name, value] = object_.member(i);
        if (std::ranges::find(read_, &value) == read_.end()) place_.refuse_member("field_unknown", name);
    }
}

} // namespace malla::codec::detail
