// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/live_link.hpp"
#include "malla/chain/plugin_info.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace malla {

/// Plugin objects joined while the program runs. It never changes; whoever changes a chain makes
/// another one and puts it in the place of the first.
///
/// A call takes no lock and makes no copy but those of the links themselves; any number of them
/// may run at once, as far as the plugins allow it.
class LiveChain {
public:
    struct Member {
        const PluginInfo* info;
        void* plugin;
    };

    /// `members` are top first. `known` are the callbacks that are called by their position there,
    /// whoever takes part in them. What is in `times`, which outlives the chain, measures its links.
    /// `conflict` when plugins mean different things by one name.
    [[nodiscard]] static Result<LiveChain> make(std::span<const Member> members, std::span<const LiveCallback> known,
                                                std::span<LinkTimes* const> times = {});

    /// Runs the callback at `position` of those known, which is `C`.
    template <IsCallback C, class... A>
    Result<ResultOf<C>> call(std::size_t position, A&&... arguments) const {
        return run<C>(links_.data() + known_[position], std::forward<A>(arguments)...);
    }
    /// Runs `C`, found by its identity: for those that are not known when the service is compiled.
    template <IsCallback C, class... A>
    Result<ResultOf<C>> call(A&&... arguments) const {
        if (const LiveLink* first = find(callback_id<C>())) return run<C>(first, std::forward<A>(arguments)...);
        const LiveLink none{live_callback<C>.unanswered(), nullptr};
        return run<C>(&none, std::forward<A>(arguments)...);
    }

    /// The first link of a callback in which a plugin takes part or which is known, or null.
    [[nodiscard]] const LiveLink* find(CallbackId id) const noexcept;
    /// Whether a plugin takes part in it.
    [[nodiscard]] bool takes_part(CallbackId id) const noexcept {
        const LiveLink* first = find(id);
        return first && first->plugin;
    }

private:
    struct First {
        CallbackId id;
        std::size_t link;
    };

    template <IsCallback C, class... A>
    static Result<ResultOf<C>> run(const LiveLink* first, A&&... arguments) {
        return reinterpret_cast<typename Next<C>::Run>(first->run)(const_cast<LiveLink*>(first),
                                                                   std::forward<A>(arguments)...);
    }

    std::vector<LiveLink> links_;
    std::vector<std::size_t> known_; ///< where their links begin
    std::vector<First> firsts_;      ///< of all callbacks, by id
};

/// The order of a chain that is to be, by the rule of `order_plugins`: those named in `listed`, the
/// first on top where nothing else says so, and what they need; top first. The service and `Base`
/// are not among them.
///
/// `not_found` for a name that none of `candidates` has, `circular_dependencies` with their names.
[[nodiscard]] Result<std::vector<const PluginInfo*>> resolve_plugins(std::span<const std::string_view> listed,
                                                                     std::span<const ListingInfo::Above> groups,
                                                                     std::span<const PluginInfo* const> candidates);

} // namespace malla
