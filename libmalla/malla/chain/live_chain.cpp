// SPDX-License-Identifier: Apache-2.0
#include "malla/chain/live_chain.hpp"

#include "malla/chain/order.hpp"

#include <algorithm>
#include <string>

namespace malla {

namespace {

/// What identifies a callback, and the links that were found for it, top first.
struct Found {
    LiveCallback callback;
    std::string_view plugin; ///< the first that takes part, for messages
    std::vector<LiveLink> links;
};

Status two_meanings(const Found& one, std::string_view other) {
    return Status{"conflict"}.set_info("callback '" + std::string{one.callback.name} + "' is not the same in " +
                                       std::string{one.plugin} + " and in " + std::string{other} +
                                       ": rename one, or build both from one header");
}

class Finds {
public:
    Result<Found*> of(const LiveCallback& callback, std::string_view plugin) {
        const auto same_name = [&](const Found& each) { return each.callback.name == callback.name; };
        const auto known = std::ranges::find_if(all, same_name);
        if (known == all.end()) return &all.emplace_back(Found{callback, plugin, {}});
        if (known->callback.id != callback.id) return two_meanings(*known, plugin);
        return &*known;
    }

    std::vector<Found> all;
};

const PluginInfo* named(std::span<const PluginInfo* const> all, std::string_view name) {
    const auto found = std::ranges::find(all, name, [](const PluginInfo* each) { return each->name; });
    return found == all.end() ? nullptr : *found;
}

/// The plugins that are named and those they need, in the order of their rank.
Result<std::vector<const PluginInfo*>> closure(std::span<const std::string_view> listed,
                                               std::span<const PluginInfo* const> candidates) {
    std::vector<const PluginInfo*> ranked;
    const auto add = [&](std::string_view name, std::string_view by) -> Result<void> {
        if (named(ranked, name)) return {};
        const PluginInfo* plugin = named(candidates, name);
        if (!plugin)
            return Status{"not_found"}.set_info("no plugin '" + std::string{name} + "' is offered here" +
                                                (by.empty() ? "" : ", which " + std::string{by} + " depends on"));
        ranked.push_back(plugin);
        return {};
    };
    for (const std::string_view name : listed)
        if (auto added = add(name, {}); !added) return std::move(added).error();
    std::size_t next = 0;
    while (next < ranked.size()) { // it grows meanwhile
        const PluginInfo& plugin = *ranked[next++];
        for (const auto& dependency : plugin.depends)
            if (!dependency.optional && dependency.plugin != type_name<Base>())
                if (auto added = add(dependency.plugin, plugin.name); !added) return std::move(added).error();
    }
    return ranked;
}

std::size_t index_in(const std::vector<const PluginInfo*>& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, [](const PluginInfo* each) { return each->name; });
    return static_cast<std::size_t>(found - all.begin());
}

} // namespace

Result<LiveChain> LiveChain::make(std::span<const Member> members, std::span<const LiveCallback> known,
                                  std::span<LinkTimes* const> times) {
    Finds finds;
    finds.all.reserve(known.size());
    for (const LiveCallback& callback : known)
        if (auto found = finds.of(callback, "the service"); !found) return std::move(found).error();
    for (const Member& member : members) {
        for (const LinkInfo& link : member.info->links) {
            auto found = finds.of(link.callback, member.info->name);
            if (!found) return std::move(found).error();
            for (LinkTimes* measuring : times)
                if (measuring->callback() == link.callback.name)
                    (*found)->links.push_back({link.callback.measured(), &measuring->meter(member.info->name)});
            (*found)->links.push_back({link.run(), member.plugin});
        }
    }
    LiveChain chain;
    for (std::size_t i = 0; i < finds.all.size(); ++i) {
        const Found& found = finds.all[i];
        if (i < known.size()) chain.known_.push_back(chain.links_.size());
        chain.firsts_.push_back({found.callback.id, chain.links_.size()});
        chain.links_.insert(chain.links_.end(), found.links.begin(), found.links.end());
        chain.links_.push_back({found.callback.unanswered(), nullptr});
    }
    std::ranges::sort(chain.firsts_, {}, &First::id);
    return chain;
}

const LiveLink* LiveChain::find(CallbackId id) const noexcept {
    const auto found = std::ranges::lower_bound(firsts_, id, {}, &First::id);
    return found == firsts_.end() || found->id != id ? nullptr : links_.data() + found->link;
}

Result<std::vector<const PluginInfo*>> resolve_plugins(std::span<const std::string_view> listed,
                                                       std::span<const ListingInfo::Above> groups,
                                                       std::span<const PluginInfo* const> candidates) {
    auto ranked = closure(listed, candidates);
    if (!ranked) return std::move(ranked).error();
    const std::size_t size = ranked->size();
    std::vector<unsigned char> cells(size * size);
    const auto add_edge = [&](std::string_view above, std::string_view below) {
        const std::size_t from = index_in(*ranked, above);
        const std::size_t to = index_in(*ranked, below);
        if (from < size && to < size) cells[from * size + to] = 1;
    };
    for (const PluginInfo* plugin : *ranked)
        for (const auto& dependency : plugin->depends) add_edge(plugin->name, dependency.plugin);
    for (const auto& pair : groups) add_edge(pair.upper, pair.lower);
    std::vector<std::size_t> rank(size);
    for (std::size_t i = 0; i < size; ++i) rank[i] = i;
    std::vector<std::size_t> order(size);
    const Ordering ordering = order_plugins(rank, {cells, size}, order);
    if (!ordering.ordered) {
        std::string names;
        for (std::size_t i = 0; i < ordering.count; ++i)
            names.append(i > 0 ? ", " : "").append((*ranked)[order[i]]->name);
        return Status{"circular_dependencies", names};
    }
    std::vector<const PluginInfo*> ordered;
    ordered.reserve(size);
    for (const std::size_t each : order) ordered.push_back((*ranked)[each]);
    return ordered;
}

} // namespace malla
