// SPDX-License-Identifier: Apache-2.0
#include "malla/service/config_store.hpp"

#include <optional>
#include <utility>

namespace malla {

namespace {

/// Different for any two domains, and no domain's is the beginning of another's.
std::string prefix(std::string_view domain) { return std::to_string(domain.size()) + ":" + std::string{domain}; }

std::string joined(std::string_view domain, std::string_view key) { return prefix(domain) + std::string{key}; }

/// The sum of two whole numbers, if it has 64 bits at most.
std::optional<Json> sum(auto value, std::int64_t by) {
    if (std::int64_t integer = 0; !__builtin_add_overflow(value, by, &integer)) return Json{integer};
    if (std::uint64_t natural = 0; !__builtin_add_overflow(value, by, &natural)) return Json{natural};
    return std::nullopt;
}

std::optional<Json> sum(const Json& number, std::int64_t by) {
    switch (number.kind()) {
    case Json::Kind::integer: return sum(number.as_integer(), by);
    case Json::Kind::unsigned_integer: return sum(number.as_unsigned(), by);
    default: return Json{number.as_number() + static_cast<double>(by)};
    }
}

Status refusal(std::string_view id, std::string_view domain, std::string_view key, std::string_view why) {
    std::string name{domain};
    name.append("/").append(key);
    return Status{id, name}.set_info("'" + name + "' " + std::string{why});
}

bool has_item(const Json& array, const Json& item) {
    for (std::size_t i = 0; i < array.size(); ++i)
        if (array.at(i) == item) return true;
    return false;
}

Json with_item_before(const Json& item, Json array) {
    Json all = Json::array({item});
    for (std::size_t i = 0; i < array.size(); ++i) all.push_back(std::move(array.at(i)));
    return all;
}

} // namespace

Json ConfigStore::get(std::string_view domain, std::string_view key, Json otherwise) const {
    Json value = values_.get(joined(domain, key), Json{});
    if (value.is_null()) return otherwise;
    return value;
}

Result<void> ConfigStore::put(std::string_view domain, std::string_view key, Json value) {
    return values_.put(joined(domain, key), std::move(value));
}

bool ConfigStore::erase(std::string_view domain, std::string_view key) { return values_.erase(joined(domain, key)); }

Result<Json> ConfigStore::increment(std::string_view domain, std::string_view key, std::int64_t by) {
    return values_.update(joined(domain, key), [&](const Json& old) -> Result<Json> {
        if (old.is_null()) return refusal("not_found", domain, key, "has no value to increment");
        if (!old.is_number()) return refusal("parameter_invalid", domain, key, "is no number");
        auto incremented = sum(old, by);
        if (!incremented) return refusal("parameter_invalid", domain, key, "would need more than 64 bits");
        return *std::move(incremented);
    });
}

Result<Json> ConfigStore::update(std::string_view domain, std::string_view key, const Store::Change& change) {
    return values_.update(joined(domain, key), change);
}

Result<void> ConfigStore::add(std::string_view domain, std::string_view key, Json item) {
    auto added = values_.update(joined(domain, key), [&](Json old) -> Result<Json> {
        if (!old.is_null() && !old.is_array()) return refusal("parameter_invalid", domain, key, "is no array");
        if (has_item(old, item)) return old;
        return with_item_before(item, std::move(old));
    });
    if (!added) return std::move(added).error();
    return {};
}

std::map<std::string, Json> ConfigStore::content(std::string_view domain) const {
    const std::string start = prefix(domain);
    std::map<std::string, Json> all;
    values_.for_each([&](const std::string& key, const Json& value) {
        if (key.starts_with(start)) all.emplace(key.substr(start.size()), value);
    });
    return all;
}

} // namespace malla
