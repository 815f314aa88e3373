// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/wire/call.hpp"
#include "malla/wire/limits.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// How events travel. What is decoded points into its frame and lives as long as it.
namespace malla::wire {

/// An event on its way: from its publisher to a rendezvous, and from there to all who listen.
///
/// A publisher counts what it publishes on each topic, so that a gap shows that something was lost,
/// and what comes by several ways is taken once. One that forgot the count of a topic begins again
/// at 1 with a higher run.
struct Publish {
    NodeId publisher;
    std::uint32_t run = 1;
    std::uint64_t sequence = 1; ///< from 1
    Content content = Content::binary;
    std::string_view name; ///< of the publisher, for people
    std::string_view topic;
    std::string_view body;

    friend bool operator==(const Publish&, const Publish&) = default;
};

/// A topic, name or body beyond the limits is `bad_request`, and says which.
[[nodiscard]] Result<std::string> encode(const Publish& message);
[[nodiscard]] Result<Publish> decode_publish(std::string_view frame);

} // namespace malla::wire
