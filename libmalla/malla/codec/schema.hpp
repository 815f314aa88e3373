// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/codec/enum_names.hpp"
#include "malla/codec/naming.hpp"
#include "malla/codec/place.hpp"
#include "malla/codec/record.hpp"
#include "malla/codec/shape.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace malla::codec {

namespace detail {

template <class T>
inline constexpr char type_key = 0;

/// The records that are being described, outermost first, so that one inside itself is noticed.
struct OpenRecord {
    const char* key;
    std::string pointer;
};
using OpenRecords = std::vector<OpenRecord>;

[[nodiscard]] Json list_schema(Json items);
[[nodiscard]] Json fixed_list_schema(Json items, std::size_t size);
[[nodiscard]] Json tuple_schema(Json items);
[[nodiscard]] Json variant_schema(std::span<const std::string_view> names, const Json& schemas);
/// Values are written only where they are not 0, 1, 2...
[[nodiscard]] Json enum_schema(Json names, Json values, std::string_view format);

template <class T>
[[nodiscard]] Json describe(OpenRecords& open, const Place& place);

class SchemaArchive : public FieldArchive<SchemaArchive, false> {
public:
    SchemaArchive(OpenRecords& open, const Place& place) noexcept : open_{open}, place_{place} {}

    template <class T>
    void field(std::string_view name, const T&) {
        properties.set(name, describe<T>(open_, Place{place_, name}));
        if constexpr (shape<T> != Shape::optional) required.push_back(name);
    }

    Json properties = Json::object();
    Json required = Json::array();

private:
    OpenRecords& open_;
    const Place& place_;
};

template <class T>
Json describe_record(OpenRecords& open, const Place& place) {
    for (const auto& [key, pointer] : open)
        if (key == &type_key<T>) return Json::object({{"$ref", "#" + pointer}});
    open.push_back({&type_key<T>, place.pointer()});
    const Place members{place, "properties"};
    SchemaArchive archive{open, members};
    visit_saving(archive, T{});
    open.pop_back();
    Json schema = Json::object({{"type", "object"}});
    if constexpr (NamedRecord<T>) schema.set("title", std::string_view{T::type_name});
    return schema.set("properties", std::move(archive.properties))
        .set("required", std::move(archive.required))
        .set("additionalProperties", false);
}

template <class T>
Json describe_number() {
    Json schema =
        Json::object({{"type", shape<T> == Shape::real ? "number" : "integer"}, {"format", number_format<T>()}});
    if constexpr (shape<T> == Shape::integer)
        schema.set("minimum", std::numeric_limits<T>::min()).set("maximum", std::numeric_limits<T>::max());
    return schema;
}

template <class T>
Json describe_enum() {
    using Number = std::underlying_type_t<T>;
    if constexpr (!NamedEnum<T>) {
        return describe_number<Number>();
    } else {
        Json names = Json::array();
        Json values = Json::array();
        for (const auto& [value, name] : enum_names(T{})) {
            names.push_back(name);
            values.push_back(static_cast<Number>(value));
        }
        return enum_schema(std::move(names), std::move(values), number_format<Number>());
    }
}

template <class T>
Json describe_map(OpenRecords& open, const Place& place) {
    using Key = typename T::key_type;
    using Mapped = typename T::mapped_type;
    if constexpr (shape<Key> == Shape::text)
        return Json::object({{"type", "object"},
                             {"additionalProperties", describe<Mapped>(open, Place{place, "additionalProperties"})}});
    else return list_schema(describe<std::pair<Key, Mapped>>(open, Place{place, "items"}));
}

template <class T>
Json describe_tuple(OpenRecords& open, const Place& place) {
    const Place items{place, "prefixItems"};
    Json schemas = Json::array();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (schemas.push_back(describe<std::tuple_element_t<I, T>>(open, Place{items, I})), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<T>>{});
    return tuple_schema(std::move(schemas));
}

template <class T>
Json describe_alternative(OpenRecords& open, const Place& all, std::size_t index) {
    const Place place{all, index};
    const Place properties{place, "properties"};
    return describe<T>(open, Place{properties, "value"});
}

template <class T>
Json describe_variant(OpenRecords& open, const Place& place) {
    const Place all{place, "oneOf"};
    Json schemas = Json::array();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (schemas.push_back(describe_alternative<std::variant_alternative_t<I, T>>(open, all, I)), ...);
    }
    (std::make_index_sequence<std::variant_size_v<T>>{});
    if constexpr (require_names<T>()) return variant_schema(alternative_names<T>, schemas);
}

template <class T>
Json describe_optional(OpenRecords& open, const Place& place) {
    const Place choices{place, "anyOf"};
    Json schema = describe<typename T::value_type>(open, Place{choices, std::size_t{0}});
    return Json::object({{"anyOf", Json::array({std::move(schema), Json::object({{"type", "null"}})})}});
}

template <class T>
Json describe(OpenRecords& open, const Place& place) {
    constexpr Shape kind = shape<T>;
    if constexpr (kind == Shape::nothing) return Json::object({{"type", "null"}});
    else if constexpr (kind == Shape::boolean) return Json::object({{"type", "boolean"}});
    else if constexpr (kind == Shape::integer || kind == Shape::real) return describe_number<T>();
    else if constexpr (kind == Shape::text) return Json::object({{"type", "string"}});
    else if constexpr (kind == Shape::bytes) return Json::object({{"type", "string"}, {"contentEncoding", "base64"}});
    else if constexpr (kind == Shape::json) return Json::object();
    else if constexpr (kind == Shape::enumeration) return describe_enum<T>();
    else if constexpr (kind == Shape::optional) return describe_optional<T>(open, place);
    else if constexpr (kind == Shape::variant) return describe_variant<T>(open, place);
    else if constexpr (kind == Shape::tuple) return describe_tuple<T>(open, place);
    else if constexpr (kind == Shape::map) return describe_map<T>(open, place);
    else if constexpr (kind == Shape::record) return describe_record<T>(open, place);
    else {
        Json items = describe<typename T::value_type>(open, Place{place, "items"});
        if constexpr (kind == Shape::fixed) return fixed_list_schema(std::move(items), std::tuple_size_v<T>);
        else if constexpr (kind == Shape::set) return list_schema(std::move(items)).set("uniqueItems", true);
        else return list_schema(std::move(items));
    }
}

} // namespace detail

/// The JSON schema of a type, in enough detail ("format") to fix its binary form too. It comes
/// from the same `serialize` as the values, run once on a default-made `T`, so a `serialize` must
/// name all its fields each time. A record inside itself is a `$ref` to its first place in this
/// very schema. The binary form of an enumeration is its number: its position in the list, or
/// what stands in "values".
template <class T>
    requires(Serialisable<T> || std::is_void_v<T>)
[[nodiscard]] Json schema() {
    if constexpr (std::is_void_v<T>) {
        return Json::object({{"type", "null"}});
    } else {
        std::size_t no_limit = std::numeric_limits<std::size_t>::max();
        detail::OpenRecords open;
        return detail::describe<T>(open, Place{no_limit});
    }
}

} // namespace malla::codec
