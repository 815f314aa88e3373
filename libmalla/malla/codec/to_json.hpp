// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/result.hpp"
#include "malla/codec/base64.hpp"
#include "malla/codec/enum_names.hpp"
#include "malla/codec/naming.hpp"
#include "malla/codec/place.hpp"
#include "malla/codec/record.hpp"
#include "malla/codec/shape.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace malla::codec {

namespace detail {

/// Refuses NaN and infinity, which JSON does not have.
[[nodiscard]] Json number_to_json(double value, const Place& place);
/// In the fewest digits that read back as the same float.
[[nodiscard]] Json number_to_json(float value, const Place& place);

template <class T>
[[nodiscard]] Json make_json(const T& value, const Place& place);

class JsonWriter : public FieldArchive<JsonWriter, false> {
public:
    JsonWriter(Json& object, const Place& place) noexcept : object_{object}, place_{place} {}

    template <class T>
    void field(std::string_view name, const T& value) {
        object_.set(name, make_json(value, Place{place_, name}));
    }

private:
    Json& object_;
    const Place& place_;
};

template <class T>
Json record_to_json(const T& value, const Place& place) {
    Json object = Json::object();
    JsonWriter writer{object, place};
    visit_saving(writer, value);
    return object;
}

template <class T>
Json list_to_json(const T& list, const Place& place) {
    Json array = Json::array();
    std::size_t index = 0;
    for (const typename T::value_type& item : list) array.push_back(make_json(item, Place{place, index++}));
    return array;
}

template <class T>
Json tuple_to_json(const T& tuple, const Place& place) {
    Json array = Json::array();
    std::size_t index = 0;
    std::apply([&](const auto&... items) { (array.push_back(make_json(items, Place{place, index++})), ...); }, tuple);
    return array;
}

template <class T>
Json map_to_json(const T& map, const Place& place) {
    if constexpr (shape<typename T::key_type> == Shape::text) {
        Json object = Json::object();
        for (const auto& [name, value] : map) object.set(name, make_json(value, Place{place, name}));
        return object;
    } else {
        Json array = Json::array();
        for (const auto& pair : map) array.push_back(tuple_to_json(pair, Place{place, array.size()}));
        return array;
    }
}

template <class T>
Json variant_to_json(const T& variant, const Place& place) {
    if constexpr (require_names<T>()) {
        if (variant.valueless_by_exception()) place.refuse("a variant without a value has no JSON form");
        Json value = std::visit([&](const auto& held) { return make_json(held, Place{place, "value"}); }, variant);
        return Json::object({{"type", alternative_names<T>[variant.index()]}, {"value", std::move(value)}});
    }
}

template <class T>
Json enum_to_json(T value, const Place& place) {
    if constexpr (!NamedEnum<T>) {
        return Json{static_cast<std::underlying_type_t<T>>(value)};
    } else {
        const std::string_view name = name_of(value);
        if (name.empty()) place.refuse("the enumeration has no name for this value");
        return Json{name};
    }
}

template <class T>
Json make_json(const T& value, const Place& place) {
    constexpr Shape kind = shape<T>;
    if constexpr (kind == Shape::nothing) return Json{};
    else if constexpr (kind == Shape::boolean || kind == Shape::integer || kind == Shape::text || kind == Shape::json)
        return Json{value};
    else if constexpr (kind == Shape::real) return number_to_json(value, place);
    else if constexpr (kind == Shape::bytes) return Json{to_base64(value)};
    else if constexpr (kind == Shape::enumeration) return enum_to_json(value, place);
    else if constexpr (kind == Shape::optional) return value ? make_json(*value, place) : Json{};
    else if constexpr (kind == Shape::variant) return variant_to_json(value, place);
    else if constexpr (kind == Shape::tuple) return tuple_to_json(value, place);
    else if constexpr (kind == Shape::map) return map_to_json(value, place);
    else if constexpr (kind == Shape::record) return record_to_json(value, place);
    else return list_to_json(value, place);
}

} // namespace detail

/// The natural JSON of a value: a class is an object, a map with string keys too, other maps are
/// arrays of pairs, an empty optional is null, bytes are base64, an enumeration is its name, a
/// variant is {"type","value"}. `name` begins the places in messages.
/// What has no JSON form (NaN, infinity, an enumeration's unnamed value) is `parameter_invalid`.
template <Serialisable T>
[[nodiscard]] Result<Json> to_json(const T& value, std::string_view name = {}) {
    std::size_t no_limit = std::numeric_limits<std::size_t>::max();
    try {
        return detail::make_json(value, Place{no_limit, name});
    } catch (Refused& refused) {
        return std::move(refused.status());
    }
}

} // namespace malla::codec
