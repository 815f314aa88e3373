// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/result.hpp"
#include "malla/codec/base64.hpp"
#include "malla/codec/element_cost.hpp"
#include "malla/codec/enum_names.hpp"
#include "malla/codec/naming.hpp"
#include "malla/codec/place.hpp"
#include "malla/codec/record.hpp"
#include "malla/codec/shape.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace malla::codec {

namespace detail {

// Each refuses what is not of its kind. Texts and JSON values are moved out of what is read.
[[nodiscard]] std::int64_t read_signed(const Json& json, std::int64_t least, std::int64_t most, const Place& place);
[[nodiscard]] std::uint64_t read_unsigned(const Json& json, std::uint64_t most, const Place& place);
[[nodiscard]] double read_double(const Json& json, const Place& place);
[[nodiscard]] float read_float(const Json& json, const Place& place);
[[nodiscard]] std::vector<std::byte> read_bytes(const Json& json, const Place& place);
/// The index of `json`'s name in `names`.
[[nodiscard]] std::size_t read_name(const Json& json, std::span<const std::string_view> names, const Place& place);
void require_array(const Json& json, const Place& place);
void require_array_of(std::size_t size, const Json& json, const Place& place);
void require_object(const Json& json, const Place& place);

template <class T>
void read_json(Json& json, T& value, const Place& place);

/// Reads the fields of a record, and remembers which, so that one too many is noticed.
class JsonReader : public FieldArchive<JsonReader, true> {
public:
    JsonReader(Json& object, const Place& place) noexcept : object_{object}, place_{place} {}

    template <class T>
    void field(std::string_view name, T& value) {
        Json* const member = object_.find(name);
        const Place here{place_, name};
        if (member != nullptr) read_.push_back(member);
        if (member != nullptr) read_json(*member, value, here);
        else if constexpr (shape<T> == Shape::optional) value.reset();
        else place_.refuse_member("field_missing", name);
    }

    /// Refuses a member that no field has read.
    void finish() const;

private:
    Json& object_;
    const Place& place_;
    std::vector<const Json*> read_;
};

template <class T>
void read_record(Json& json, T& value, const Place& place) {
    require_object(json, place);
    JsonReader reader{json, place};
    visit_loading(reader, value);
    reader.finish();
}

template <class T>
void read_list(Json& json, T& list, const Place& place) {
    require_array(json, place);
    constexpr auto cost = element_cost<T>();
    place.charge(json.size(), cost.memory_bytes);
    list.clear();
    if constexpr (shape<T> == Shape::list) list.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
        typename T::value_type item{};
        read_json(json.at(i), item, Place{place, i});
        list.insert(list.end(), std::move(item));
    }
}

template <class T>
void read_fixed(Json& json, T& array, const Place& place) {
    require_array_of(array.size(), json, place);
    for (std::size_t i = 0; i < array.size(); ++i) read_json(json.at(i), array[i], Place{place, i});
}

template <class T>
void read_tuple(Json& json, T& tuple, const Place& place) {
    require_array_of(std::tuple_size_v<T>, json, place);
    std::size_t i = 0;
    const auto next = [&](auto& item) {
        read_json(json.at(i), item, Place{place, i});
        ++i;
    };
    std::apply([&](auto&... items) { (next(items), ...); }, tuple);
}

template <class T>
void read_map(Json& json, T& map, const Place& place) {
    constexpr bool has_names = shape<typename T::key_type> == Shape::text;
    if constexpr (has_names) require_object(json, place);
    else require_array(json, place);
    place.charge(json.size(), element_cost<T>().memory_bytes);
    map.clear();
    for (std::size_t i = 0; i < json.size(); ++i) {
        std::pair<typename T::key_type, typename T::mapped_type> item;
        if constexpr (has_names) {
            item.first = json.member(i).first;
            read_json(json.member(i).second, item.second, Place{place, item.first});
        } else {
            read_tuple(json.at(i), item, Place{place, i});
        }
        map.insert(std::move(item));
    }
}

template <class T, std::size_t I = 0>
void read_alternative(std::size_t index, Json& json, T& variant, const Place& place) {
    if (index == I) read_json(json, variant.template emplace<I>(), place);
    else if constexpr (I + 1 < std::variant_size_v<T>) read_alternative<T, I + 1>(index, json, variant, place);
}

template <class T>
void read_variant(Json& json, T& variant, const Place& place) {
    if constexpr (require_names<T>()) {
        Json* const type = json.find("type");
        Json* const value = json.find("value");
        if (type == nullptr || value == nullptr || json.size() != 2)
            place.expected(R"(an object of "type" and "value")", json);
        const std::size_t index = read_name(*type, alternative_names<T>, Place{place, "type"});
        read_alternative(index, *value, variant, Place{place, "value"});
    }
}

template <class T>
void read_integer(Json& json, T& value, const Place& place) {
    using Limits = std::numeric_limits<T>;
    if constexpr (std::is_signed_v<T>) value = static_cast<T>(read_signed(json, Limits::min(), Limits::max(), place));
    else value = static_cast<T>(read_unsigned(json, Limits::max(), place));
}

template <class T>
void read_enum(Json& json, T& value, const Place& place) {
    if constexpr (NamedEnum<T>) {
        constexpr auto known = enum_names(T{});
        std::array<std::string_view, std::size(known)> names;
        for (std::size_t i = 0; i < names.size(); ++i) names[i] = known[i].second;
        value = known[read_name(json, names, place)].first;
    } else {
        std::underlying_type_t<T> number{};
        read_integer(json, number, place);
        value = static_cast<T>(number);
    }
}

template <class T>
void read_optional(Json& json, T& value, const Place& place) {
    if (json.is_null()) value.reset();
    else read_json(json, value.emplace(), place);
}

template <class T>
void read_json(Json& json, T& value, const Place& place) {
    constexpr Shape kind = shape<T>;
    if constexpr (kind == Shape::nothing) {
        if (!json.is_null()) place.expected("null", json);
    } else if constexpr (kind == Shape::boolean) {
        if (json.kind() != Json::Kind::boolean) place.expected("true or false", json);
        value = json.as_bool();
    } else if constexpr (kind == Shape::text) {
        if (!json.is_string()) place.expected("a string", json);
        value = json.take_string();
    } else if constexpr (kind == Shape::integer) read_integer(json, value, place);
    else if constexpr (std::same_as<T, double>) value = read_double(json, place);
    else if constexpr (std::same_as<T, float>) value = read_float(json, place);
    else if constexpr (kind == Shape::json) value = std::move(json);
    else if constexpr (kind == Shape::bytes) value = read_bytes(json, place);
    else if constexpr (kind == Shape::enumeration) read_enum(json, value, place);
    else if constexpr (kind == Shape::optional) read_optional(json, value, place);
    else if constexpr (kind == Shape::variant) read_variant(json, value, place);
    else if constexpr (kind == Shape::tuple) read_tuple(json, value, place);
    else if constexpr (kind == Shape::fixed) read_fixed(json, value, place);
    else if constexpr (kind == Shape::map) read_map(json, value, place);
    else if constexpr (kind == Shape::record) read_record(json, value, place);
    else read_list(json, value, place);
}

} // namespace detail

/// Reads what `to_json` writes, strictly: no member too many, none missing but optional ones,
/// numbers in their range. A whole number may be written as a double (`5.0`).
/// The status is `parameter_invalid`, `field_missing` or `field_unknown`; its info names the
/// place: `b.items[3]: expected a whole number, got "x"`. `name` begins that place.
template <Serialisable T>
[[nodiscard]] Result<T> from_json(Json json, std::string_view name = {}) {
    std::size_t no_limit = std::numeric_limits<std::size_t>::max();
    try {
        T value{};
        detail::read_json(json, value, Place{no_limit, name});
        return value;
    } catch (Refused& refused) {
        return std::move(refused.status());
    }
}

} // namespace malla::codec
