// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/schema.hpp"

namespace malla::codec::detail {

Json list_schema(Json items) { return Json::object({{"type", "array"}, {"items", std::move(items)}}); }

Json fixed_list_schema(Json items, std::size_t size) {
    return list_schema(std::move(items)).set("minItems", size).set("maxItems", size);
}

Json tuple_schema(Json items) {
    const std::size_t size = items.size();
    return Json::object({{"type", "array"}, {"prefixItems", std::move(items)}, {"minItems", size}, {"maxItems", size}});
}

Json variant_schema(std::span<const std::string_view> names, const Json& schemas) {
    Json choices = Json::array();
    for (std::size_t i = 0; i < names.size(); ++i) {
        Json properties = Json::object({{"type", Json::object({{"const", names[i]}})}, {"value", schemas.at(i)}});
        choices.push_back(Json::object({{"type", "object"},
                                        {"properties", std::move(properties)},
                                        {"required", Json::array({"type", "value"})},
                                        {"additionalProperties", false}}));
    }
    return Json::object({{"oneOf", std::move(choices)}});
}

Json enum_schema(Json names, Json values, std::string_view format) {
    bool counts = true;
    for (std::size_t i = 0; i < values.size(); ++i) counts = counts && values.at(i) == Json{i};
    Json schema = Json::object({{"enum", std::move(names)}, {"format", format}});
    if (!counts) schema.set("values", std::move(values));
    return schema;
}

} // namespace malla::codec::detail
