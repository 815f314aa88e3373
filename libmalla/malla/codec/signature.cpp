// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/signature.hpp"

#include "malla/base/fingerprint.hpp"

#include <utility>

namespace malla::codec {

namespace {

std::string text_of(const Json& schema);

const Json& member(const Json& json, std::string_view name) {
    static const Json nothing;
    const Json* found = json.find(name);
    return found ? *found : nothing;
}

std::string string_of(const Json& json) { return json.is_string() ? std::string{json.as_string()} : std::string{}; }

bool gives_stream(const Json& description) { return member(description, "stream") == Json{true}; }

/// Each item of a list by `text`, with commas between.
template <class Text>
std::string listed(const Json& list, Text&& text) {
    std::string all;
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) all += (i == 0 ? "" : ", ") + text(list.at(i));
    return all;
}

std::string members_text(const Json& properties) {
    std::string all;
    for (std::size_t i = 0; i < properties.size(); ++i) {
        const auto [name, schema] = properties.member(i);
        all.append(i == 0 ? "" : ", ").append(name).append(": ").append(text_of(schema));
    }
    return '{' + all + '}';
}

std::string object_text(const Json& schema) {
    if (const Json& properties = member(schema, "properties"); properties.is_object())
        return string_of(member(schema, "title")) + members_text(properties);
    const Json& values = member(schema, "additionalProperties");
    return values.is_object() ? "map of " + text_of(values) : "object";
}

std::string list_text(const Json& schema) {
    const std::string items = text_of(member(schema, "items"));
    if (member(schema, "uniqueItems") == Json{true}) return "set of " + items;
    const Json& size = member(schema, "maxItems");
    return '[' + items + (size.is_number() ? "; " + *size.dump() : "") + ']';
}

std::string alternative_text(const Json& schema) {
    const Json& properties = member(schema, "properties");
    const Json& name = member(member(properties, "type"), "const");
    return name.is_string() ? string_of(name) + ": " + text_of(member(properties, "value")) : text_of(schema);
}

std::string simple_text(const Json& schema) {
    const std::string type = string_of(member(schema, "type"));
    if (type == "object") return object_text(schema);
    if (type == "array") return list_text(schema);
    if (type == "string" && schema.find("contentEncoding")) return "bytes";
    std::string format = string_of(member(schema, "format"));
    if (!format.empty()) return format;
    return type.empty() ? "any" : type;
}

std::string text_of(const Json& schema) {
    if (!schema.is_object()) return "any";
    if (const Json& names = member(schema, "enum"); names.is_array()) return "enum(" + listed(names, string_of) + ')';
    if (const Json& items = member(schema, "prefixItems"); items.is_array()) return '(' + listed(items, text_of) + ')';
    if (const Json& choices = member(schema, "oneOf"); choices.is_array())
        return "one of (" + listed(choices, alternative_text) + ')';
    if (const Json& choices = member(schema, "anyOf"); choices.is_array() && choices.size() > 0)
        return text_of(choices.at(0)) + '?';
    if (schema.find("$ref")) return "…";
    return simple_text(schema);
}

} // namespace

std::uint64_t type_fingerprint(const Json& description) {
    Json types = Json::array();
    const Json& parameters = member(description, "params");
    for (std::size_t i = 0; parameters.is_array() && i < parameters.size(); ++i)
        types.push_back(member(parameters.at(i), "schema"));
    types.push_back(member(description, "result"));
    types.push_back(gives_stream(description));
    const auto text = types.dump();
    const std::uint64_t hash = text ? fingerprint(*text) : 0;
    return hash == 0 ? 1 : hash;
}

std::string signature_text(std::string_view name, const Json& description) {
    const auto parameter = [](const Json& each) {
        return string_of(member(each, "name")) + ": " + text_of(member(each, "schema"));
    };
    const Json& result = member(description, "result");
    return std::string{name} + '(' + listed(member(description, "params"), parameter) + ") -> " +
           (gives_stream(description) ? "stream of " : "") + (result == Json{} ? "any" : text_of(result));
}

} // namespace malla::codec
