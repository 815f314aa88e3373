// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace malla::discovery {

/// Finds out from the counts of publishers what a listener did not get, and what it gets again by
/// another rendezvous.
class EventGaps {
public:
    /// Remembers at most so many pairs of publisher and topic, both of which come from the network;
    /// the one that was not heard for the longest time is forgotten first.
    explicit EventGaps(std::size_t max_streams = 10'000) noexcept : max_streams_{max_streams} {}

    /// Whether the event is new. The first of a publisher and topic always is.
    [[nodiscard]] bool take(NodeId publisher, std::string_view topic, std::uint32_t run, std::uint64_t sequence);

    /// How many events were missed so far; less again when one of the last 64 comes late.
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }
    [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }

private:
    struct Stream {
        std::uint32_t run = 0;
        std::uint64_t last = 0;
        std::uint64_t taken = 0; // of the 64 before the last one, the lowest bit for the nearest
        std::list<const std::string*>::iterator age;
    };

    Stream* known(const std::string& key);
    void add(std::string key, std::uint32_t run, std::uint64_t sequence);
    bool take_late(Stream& stream, std::uint64_t sequence);

    std::size_t max_streams_;
    std::uint64_t missed_ = 0;
    std::unordered_map<std::string, Stream> streams_;
    std::list<const std::string*> ages_; // keys of streams_, the one heard last at the end
};

} // namespace malla::discovery
