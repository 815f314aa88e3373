// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/store.hpp"

#include <cstdint>

namespace malla {

/// What a node remembers for all its services: JSON values by domain and key. The node owns it, so
/// values outlive the services that wrote them and are lost with the node.
///
/// Any thread. A value that is null counts as none.
class ConfigStore {
public:
    /// Once it holds `max_entries` in all domains together, a further key is `not_allowed`.
    explicit ConfigStore(std::size_t max_entries = Store::default_max_entries) : values_{max_entries} {}

    [[nodiscard]] Json get(std::string_view domain, std::string_view key, Json otherwise = {}) const;
    /// Adds or replaces.
    Result<void> put(std::string_view domain, std::string_view key, Json value);
    /// Whether it was there.
    bool erase(std::string_view domain, std::string_view key);

    /// Adds `by` to a number and returns the sum. `not_found` when there is none to begin with;
    /// `parameter_invalid` when it is no number, or a whole number whose sum needs more than 64 bits.
    Result<Json> increment(std::string_view domain, std::string_view key, std::int64_t by = 1);

    /// As `Store::update`.
    Result<Json> update(std::string_view domain, std::string_view key, const Store::Change& change);

    /// Puts `item` at the front of an array that has no equal one; where there is no value, one
    /// begins. `parameter_invalid` when it is no array.
    Result<void> add(std::string_view domain, std::string_view key, Json item);

    /// The keys and values of one domain.
    [[nodiscard]] std::map<std::string, Json> content(std::string_view domain) const;

private:
    Store values_;
};

} // namespace malla
