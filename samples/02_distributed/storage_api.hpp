// SPDX-License-Identifier: Apache-2.0
// What a storage can be asked: all that its callers need.
#pragma once

#include "malla/chain/api.hpp"
#include "malla/codec/field.hpp"

#include <map>
#include <string>
#include <vector>

struct Item {
    std::string text;
    std::vector<std::string> tags;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("text", text), malla::field("tags", tags));
    }
};
using Items = std::map<std::string, Item>;

// Each does the same when it runs twice, so one that may have run is tried again elsewhere.

/// Stores an item in the place of the one that was there.
struct Put : malla::Callback<"put(key, item)", void(const std::string&, const Item&)> {
    static constexpr bool idempotent = true;
};
/// What is stored under the key, or `not_found`.
struct Get : malla::Callback<"get(key)", Item(const std::string&)> {
    static constexpr bool idempotent = true;
};
/// All that is stored.
struct List : malla::Callback<"list()", Items()> {
    static constexpr bool idempotent = true;
};
/// Takes an item away, if it is there.
struct Remove : malla::Callback<"remove(key)", void(const std::string&)> {
    static constexpr bool idempotent = true;
};

struct StorageApi : malla::Api<"Storage", Put, Get, List, Remove> {};
