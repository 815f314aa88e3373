// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/wire/directory.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

namespace malla::discovery {

/// What one rendezvous lists, as far as its messages have told.
class Mirror {
public:
    void put(NodeId node, std::uint64_t sequence, Clock::time_point now);
    void erase(NodeId node);
    /// Makes it what the listing says that was asked for at `asked_at`; what came later stays.
    /// Returns those that are no longer listed.
    std::vector<NodeId> assign(std::span<const wire::Entry> listing, Clock::time_point asked_at, Clock::time_point now);

    /// The rendezvous starts to tell all it knows: those listed so far become former ones.
    void renew();
    /// Forgets the former ones, and returns those of them that are not listed again.
    std::vector<NodeId> drop_former();
    void forget_former(NodeId node) { former_.erase(node); }

    [[nodiscard]] bool lists(NodeId node) const { return listed_.contains(node); }
    /// Whether it lists `node`, or did before it was renewed.
    [[nodiscard]] bool knows(NodeId node) const { return lists(node) || former_.contains(node); }
    /// The former ones that are not listed again.
    [[nodiscard]] std::vector<NodeId> missing() const;
    [[nodiscard]] std::vector<NodeId> listed() const;
    [[nodiscard]] wire::Digest digest() const noexcept;

private:
    struct Listed {
        std::uint64_t sequence;
        Clock::time_point since;
    };

    std::map<NodeId, Listed> listed_;
    std::uint64_t hash_ = 0;
    std::set<NodeId> former_;
};

} // namespace malla::discovery
