// SPDX-License-Identifier: Apache-2.0
#include "malla/base/json_merge.hpp"

#include <utility>

namespace malla {

namespace {

const Json nothing;

const Json& member_of(const Json& json, std::string_view name) {
    const Json* found = json.find(name);
    return found ? *found : nothing;
}

/// A patch that makes `wanted` of `target`, whatever members that has.
Json replacement(const Json& target, const Json& wanted) {
    Json patch = merge_patch(nothing, wanted);
    if (!wanted.is_object() || !target.is_object()) return patch;
    for (std::size_t i = 0; i < target.size(); ++i) {
        const auto [name, value] = target.member(i);
        const Json* kept = patch.find(name);
        patch.set(name, kept ? replacement(value, *kept) : Json{});
    }
    return patch;
}

} // namespace

Json merge_patch(const Json& target, const Json& patch) {
    if (!patch.is_object()) return patch;
    Json merged = Json::object();
    for (std::size_t i = 0; i < target.size() && target.is_object(); ++i) {
        const auto [name, value] = target.member(i);
        if (!patch.find(name)) merged.set(name, value);
        else if (const Json& change = member_of(patch, name); !change.is_null())
            merged.set(name, merge_patch(value, change));
    }
    for (std::size_t i = 0; i < patch.size(); ++i) {
        const auto [name, change] = patch.member(i);
        if (!change.is_null() && !(target.is_object() && target.find(name)))
            merged.set(name, merge_patch(nothing, change));
    }
    return merged;
}

Json combine_patches(const Json& target, const Json& first, const Json& second) {
    if (!second.is_object()) return second;
    if (!first.is_object()) return replacement(target, second);
    Json combined = first;
    for (std::size_t i = 0; i < second.size(); ++i) {
        const auto [name, change] = second.member(i);
        const Json* before = first.find(name);
        combined.set(name, before ? combine_patches(member_of(target, name), *before, change) : change);
    }
    return combined;
}

} // namespace malla
