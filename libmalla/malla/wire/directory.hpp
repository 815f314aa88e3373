// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/wire/record.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The messages by which nodes learn of each other.
namespace malla::wire {

/// A record, new or changed; also each part of a snapshot.
struct Announce {
    NodeRecord record;

    friend bool operator==(const Announce&, const Announce&) = default;
};

/// The node is alive and its record is still the one of `sequence`.
struct Beat {
    NodeId node;
    std::uint64_t sequence = 0;

    friend bool operator==(const Beat&, const Beat&) = default;
};

/// The node leaves and will not come back.
struct Bye {
    NodeId node;
    std::uint64_t sequence = 0;

    friend bool operator==(const Bye&, const Bye&) = default;
};

/// Asks for the records of `nodes`, each answered by an ANNOUNCE or GONE; none named: for all,
/// answered by one ANNOUNCE each and a SNAPSHOT_END.
struct Ask {
    std::vector<NodeId> nodes;

    friend bool operator==(const Ask&, const Ask&) = default;
};

/// The snapshot is whole when `count` records gave `digest`.
struct SnapshotEnd {
    std::uint32_t count = 0;
    std::uint64_t digest = 0;

    friend bool operator==(const SnapshotEnd&, const SnapshotEnd&) = default;
};

/// Somebody found the node dead, when its record was that of `sequence`.
struct Gone {
    NodeId node;
    std::uint64_t sequence = 0;
    std::string reason; ///< for people; cut at `max_reason_bytes`

    friend bool operator==(const Gone&, const Gone&) = default;
};

/// Somebody no longer hears the node; the node, if it hears this, announces itself anew.
struct Suspect {
    NodeId node;
    std::uint64_t sequence = 0;

    friend bool operator==(const Suspect&, const Suspect&) = default;
};

/// What the sender's whole directory comes to; see `digest_entry`.
struct Digest {
    std::uint32_t count = 0;
    std::uint64_t hash = 0;

    friend bool operator==(const Digest&, const Digest&) = default;
};

/// Asks for a LISTING.
struct AskListing {
    friend bool operator==(const AskListing&, const AskListing&) = default;
};

/// A node and the sequence of its record.
struct Entry {
    NodeId node;
    std::uint64_t sequence = 0;

    friend bool operator==(const Entry&, const Entry&) = default;
};

/// Every node of the sender's directory, in no order.
struct Listing {
    std::vector<Entry> entries;

    friend bool operator==(const Listing&, const Listing&) = default;
};

/// A record beyond the limits is `bad_request`, and says which part is.
[[nodiscard]] Result<std::string> encode(const Announce& message);
[[nodiscard]] Result<std::string> encode(const NodeRecord& record); ///< as an ANNOUNCE, without a copy
[[nodiscard]] std::string encode(const Beat& message);
[[nodiscard]] std::string encode(const Bye& message);
[[nodiscard]] std::string encode(const Ask& message); ///< asks for no more than `max_nodes`
[[nodiscard]] std::string encode(const SnapshotEnd& message);
[[nodiscard]] std::string encode(const Gone& message);
[[nodiscard]] std::string encode(const Suspect& message);
[[nodiscard]] std::string encode(const Digest& message);
[[nodiscard]] std::string encode(const AskListing& message);
[[nodiscard]] std::string encode(const Listing& message); ///< lists no more than `max_nodes`

[[nodiscard]] Result<Announce> decode_announce(std::string_view frame);
[[nodiscard]] Result<Beat> decode_beat(std::string_view frame);
[[nodiscard]] Result<Bye> decode_bye(std::string_view frame);
[[nodiscard]] Result<Ask> decode_ask(std::string_view frame);
[[nodiscard]] Result<SnapshotEnd> decode_snapshot_end(std::string_view frame);
[[nodiscard]] Result<Gone> decode_gone(std::string_view frame);
[[nodiscard]] Result<Suspect> decode_suspect(std::string_view frame);
[[nodiscard]] Result<Digest> decode_digest(std::string_view frame);
[[nodiscard]] Result<AskListing> decode_ask_listing(std::string_view frame);
[[nodiscard]] Result<Listing> decode_listing(std::string_view frame);

/// What one record adds to a digest: the digest of a directory is the sum, modulo 2^64, of the
/// entries of its records, so their order does not matter and a change is one subtraction and one addition.
[[nodiscard]] std::uint64_t digest_entry(NodeId node, std::uint64_t sequence) noexcept;

[[nodiscard]] Digest digest_of(std::span<const Entry> entries) noexcept;

} // namespace malla::wire
