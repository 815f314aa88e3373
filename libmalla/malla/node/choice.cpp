// SPDX-License-Identifier: Apache-2.0
#include "malla/node/choice.hpp"

#include "malla/base/fingerprint.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace malla {

namespace {

// FNV alone hardly changes its upper bits with the last letters; this is the end of MurmurHash3.
std::uint64_t weight_of(std::string_view node_name, std::string_view key) {
    std::uint64_t hash = fingerprint(node_name) * 31 + fingerprint(key);
    for (const std::uint64_t factor : {0xff51afd7ed558ccdU, 0xc4ceb9fe1a85ec53U}) hash = (hash ^ hash >> 33U) * factor;
    return hash ^ hash >> 33U;
}

} // namespace

void order_by_key(std::vector<Instance>& instances, std::string_view key) {
    std::vector<std::pair<std::uint64_t, Instance>> weighed;
    weighed.reserve(instances.size());
    for (Instance& instance : instances) {
        const auto weight = weight_of(instance.node_name, key);
        weighed.emplace_back(weight, std::move(instance));
    }
    std::ranges::sort(weighed, [](const auto& a, const auto& b) {
        return std::tie(b.first, a.second.node) < std::tie(a.first, b.second.node);
    });
    std::ranges::transform(weighed, instances.begin(), [](auto& each) { return std::move(each.second); });
}

void prefer_less_busy(std::vector<Instance>& instances, const std::function<std::size_t(const Instance&)>& own_calls) {
    if (instances.size() < 2) return;
    const auto busy = [&](const Instance& instance) { return std::pair{own_calls(instance), instance.load}; };
    if (busy(instances[1]) < busy(instances[0])) std::swap(instances[0], instances[1]);
}

} // namespace malla
