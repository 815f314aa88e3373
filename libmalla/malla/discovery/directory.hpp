// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/wire/directory.hpp"
#include "malla/wire/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla::discovery {

/// What a directory did with a record.
enum class Applied : std::uint8_t {
    added,
    updated,
    same,     ///< it was known already
    old,      ///< a newer one is known, or the node is gone since
    conflict, ///< another one of the same sequence is known: two nodes claim one id
    full,     ///< no room for one node more
};

/// Knows the records of all nodes, each written by its node alone: of two, the one of the higher
/// sequence holds, in whatever order they come. Sequences begin at 1.
///
/// Whether a node is alive is decided elsewhere, by those who hear it. The caller passes the time
/// in, and locks when several threads use one directory.
class Directory {
public:
    /// How long it is remembered that a node is gone, so that nobody who missed it brings the
    /// node back.
    static constexpr Clock::duration tombstone_life = std::chrono::minutes{2};

    /// Lists at most `max_nodes`, and remembers as many that are gone: both come from the network.
    explicit Directory(std::size_t max_nodes = wire::max_nodes) noexcept : max_nodes_{max_nodes} {}

    /// Lists the record unless it is older than what is known.
    Applied apply(wire::NodeRecord record, Clock::time_point now);
    /// Takes the node out, unless a record newer than `sequence` is known. Whether it was listed.
    bool remove(NodeId node, std::uint64_t sequence, Clock::time_point now);
    /// Forgets the nodes that have been gone for `tombstone_life`.
    void tidy(Clock::time_point now);

    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    /// How many records were turned away as `full` since the beginning.
    [[nodiscard]] std::uint64_t turned_away() const noexcept { return turned_away_; }
    /// The record, valid until the node's next change; nullptr when it is not listed.
    [[nodiscard]] const wire::NodeRecord* find(NodeId node) const;
    /// The sequence of the listed record, 0 when there is none.
    [[nodiscard]] std::uint64_t sequence_of(NodeId node) const;
    /// The sequence that a node had which is remembered as gone, 0 when none is.
    [[nodiscard]] std::uint64_t buried_sequence(NodeId node) const;
    /// Whether a record of this sequence would be listed, so that it is worth asking for.
    [[nodiscard]] bool wants(const wire::Entry& entry) const;

    /// The nodes that may be given calls for `service`: `local` first, the rest in random order.
    /// Valid until the next change.
    [[nodiscard]] std::vector<const wire::NodeRecord*> nodes_of(std::string_view service, std::mt19937_64& random,
                                                                NodeId local = {}) const;
    /// Calls `visit(const wire::NodeRecord&)` for each node.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [node, record] : records_) visit(record);
    }

    /// The record as an ANNOUNCE, nothing when it is not listed.
    [[nodiscard]] std::optional<std::string> encoded(NodeId node) const;
    /// Every node with its sequence, as in a LISTING.
    [[nodiscard]] std::vector<wire::Entry> entries() const;
    [[nodiscard]] wire::Digest digest() const noexcept;

private:
    struct Tombstone {
        std::uint64_t sequence;
        Clock::time_point at;
    };

    void bury(NodeId node, std::uint64_t sequence, Clock::time_point now);
    void unbury(NodeId node);
    void index(const wire::NodeRecord& record);
    void unindex(const wire::NodeRecord& record);

    std::size_t max_nodes_;
    std::map<NodeId, wire::NodeRecord> records_;
    std::map<std::string, std::set<NodeId>, std::less<>> callable_; // by service
    std::uint64_t hash_ = 0;
    std::map<NodeId, Tombstone> tombstones_;
    std::set<std::pair<Clock::time_point, NodeId>> burials_; // of tombstones_, oldest first
    std::uint64_t turned_away_ = 0;
};

} // namespace malla::discovery
