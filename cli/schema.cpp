// SPDX-License-Identifier: Apache-2.0
#include "cli/schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace malla::cli {

namespace {

using Kind = Json::Kind;

constexpr std::size_t max_shown = 60; // bytes of a wrong value

std::string shown(const Json& value) {
    std::string text = value.dump().has_value() ? *value.dump() : "an unreadable value";
    if (text.size() <= max_shown) return text;
    std::size_t end = max_shown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end) + "…";
}

bool is_whole(const Json& value) {
    if (value.kind() != Kind::number) return value.is_number();
    return std::isfinite(value.as_number()) && std::trunc(value.as_number()) == value.as_number();
}

bool is_of_type(std::string_view type, const Json& value) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.kind() == Kind::boolean;
    if (type == "integer") return is_whole(value);
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    return true;
}

bool is_of_types(const Json& type, const Json& value) {
    if (type.is_string()) return is_of_type(type.as_string(), value);
    for (std::size_t i = 0; i < type.size(); ++i)
        if (!type.is_array() || !type.at(i).is_string() || is_of_type(type.at(i).as_string(), value)) return true;
    return type.size() == 0;
}

struct Range {
    std::string_view format;
    std::int64_t least;
    std::uint64_t most;
};

template <class T>
constexpr Range range_of(std::string_view format) {
    return {format, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
            static_cast<std::uint64_t>(std::numeric_limits<T>::max())};
}

constexpr std::array ranges = {
    range_of<std::int8_t>("int8"),     range_of<std::int16_t>("int16"),   range_of<std::int32_t>("int32"),
    range_of<std::int64_t>("int64"),   range_of<std::uint8_t>("uint8"),   range_of<std::uint16_t>("uint16"),
    range_of<std::uint32_t>("uint32"), range_of<std::uint64_t>("uint64"),
};

bool in_range(const Range& range, const Json& value) {
    if (value.kind() == Kind::integer)
        return value.as_integer() >= range.least &&
               (value.as_integer() < 0 || static_cast<std::uint64_t>(value.as_integer()) <= range.most);
    if (value.kind() == Kind::unsigned_integer) return value.as_unsigned() <= range.most;
    return value.as_number() >= static_cast<double>(range.least) &&
           value.as_number() <= static_cast<double>(range.most);
}

std::optional<std::string> range_mismatch(const Json& schema, const Json& value) {
    if (!value.is_number()) return std::nullopt;
    const auto range = std::ranges::find(ranges, text_member(schema, "format"), &Range::format);
    if (range != ranges.end() && !in_range(*range, value))
        return "wants a number from " + std::to_string(range->least) + " to " + std::to_string(range->most) + ", not " +
               shown(value);
    const Json* least = schema.find("minimum");
    if (least != nullptr && least->is_number() && value.as_number() < least->as_number())
        return "wants at least " + shown(*least) + ", not " + shown(value);
    const Json* most = schema.find("maximum");
    if (most != nullptr && most->is_number() && value.as_number() > most->as_number())
        return "wants at most " + shown(*most) + ", not " + shown(value);
    return std::nullopt;
}

std::optional<std::string> within(const std::string& place, const Json& schema, const Json& value) {
    auto inner = mismatch(schema, value);
    if (inner) inner = place + " " + *inner;
    return inner;
}

std::optional<std::string> items_mismatch(const Json& schema, const Json& value) {
    if (!value.is_array()) return std::nullopt;
    const Json* tuple = schema.find("prefixItems");
    const std::size_t fixed = tuple != nullptr && tuple->is_array() ? tuple->size() : 0;
    const Json* least = schema.find("minItems");
    const Json* most = schema.find("maxItems");
    if ((least != nullptr && least->is_number() && static_cast<double>(value.size()) < least->as_number()) ||
        (most != nullptr && most->is_number() && static_cast<double>(value.size()) > most->as_number()))
        return "wants " + type_text(schema) + ", not one of " + std::to_string(value.size());
    const Json* each = schema.find("items");
    for (std::size_t i = 0; i < value.size(); ++i) {
        const Json* one = i < fixed ? &tuple->at(i) : each;
        if (one == nullptr) continue;
        if (auto wrong = within("at [" + std::to_string(i) + "]", *one, value.at(i))) return wrong;
    }
    return std::nullopt;
}

std::optional<std::string> members_mismatch(const Json& schema, const Json& value) {
    if (!value.is_object()) return std::nullopt;
    if (const Json* required = schema.find("required"); required != nullptr && required->is_array())
        for (std::size_t i = 0; i < required->size(); ++i)
            if (required->at(i).is_string() && value.find(required->at(i).as_string()) == nullptr)
                return "lacks the member '" + required->at(i).as_string() + "'";
    const Json* properties = schema.find("properties");
    const Json* others = schema.find("additionalProperties");
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto [name, member] = value.member(i);
        const Json* known = properties != nullptr ? properties->find(name) : nullptr;
        const Json* type = known != nullptr ? known : others;
        if (type == nullptr) continue;
        if (type->kind() == Kind::boolean && !type->as_bool()) return "has no member '" + std::string{name} + "'";
        if (auto wrong = within("at '" + std::string{name} + "'", *type, member)) return wrong;
    }
    return std::nullopt;
}

bool is_listed(const Json& values, const Json& value) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values.is_array() && values.at(i) == value) return true;
    return false;
}

const Json* alternatives(const Json& schema) {
    const Json* found = schema.find("anyOf");
    if (found == nullptr) found = schema.find("oneOf");
    return found != nullptr && found->is_array() ? found : nullptr;
}

bool fits_one(const Json& choices, const Json& value) {
    for (std::size_t i = 0; i < choices.size(); ++i)
        if (!mismatch(choices.at(i), value)) return true;
    return choices.size() == 0;
}

std::string listed(const Json& items, std::string (*text)(const Json&), std::string_view separator) {
    std::string list;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) list += separator;
        list += text(items.at(i));
    }
    return list;
}

std::string bare(const Json& value) { return value.is_string() ? value.as_string() : shown(value); }

std::string name_of_type(std::string_view type, const Json& schema) {
    const auto format = text_member(schema, "format");
    if (type == "integer")
        return std::string{"a whole number"} + (format.empty() ? "" : " (" + std::string{format} + ")");
    if (type == "number") return "a number";
    if (type == "boolean") return "true or false";
    if (type == "string") return text_member(schema, "contentEncoding") == "base64" ? "bytes as base64" : "a text";
    if (type == "array") {
        if (const Json* items = schema.find("items"); items != nullptr && items->is_object())
            return "a JSON array, of each " + type_text(*items);
        return "a JSON array";
    }
    if (type == "object") return "a JSON object";
    return std::string{type};
}

} // namespace

std::string_view text_member(const Json& schema, std::string_view name) noexcept {
    const Json* member = schema.find(name);
    return member != nullptr && member->is_string() ? std::string_view{member->as_string()} : std::string_view{};
}

std::string type_text(const Json& schema) {
    if (const Json* values = schema.find("enum"); values != nullptr && values->is_array())
        return "one of " + listed(*values, bare, ", ");
    if (const Json* value = schema.find("const")) return shown(*value);
    if (const Json* tuple = schema.find("prefixItems"); tuple != nullptr && tuple->is_array())
        return "a JSON array of " + listed(*tuple, type_text, ", ");
    if (const Json* choices = alternatives(schema)) return listed(*choices, type_text, ", or ");
    const Json* type = schema.find("type");
    if (type != nullptr && type->is_array()) return listed(*type, bare, " or ");
    if (type != nullptr && type->is_string()) return name_of_type(type->as_string(), schema);
    return "any JSON value";
}

std::optional<std::string> mismatch(const Json& schema, const Json& value) {
    const Json* type = schema.find("type");
    const Json* values = schema.find("enum");
    const Json* constant = schema.find("const");
    const Json* choices = alternatives(schema);
    if ((type != nullptr && !is_of_types(*type, value)) || (values != nullptr && !is_listed(*values, value)) ||
        (constant != nullptr && !(*constant == value)) || (choices != nullptr && !fits_one(*choices, value)))
        return "wants " + type_text(schema) + ", not " + shown(value);
    if (auto wrong = range_mismatch(schema, value)) return wrong;
    if (auto wrong = items_mismatch(schema, value)) return wrong;
    return members_mismatch(schema, value);
}

} // namespace malla::cli
