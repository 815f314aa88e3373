// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/wire/call.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How many results of one call travel. What is decoded points into its frame and lives as long as it.
namespace malla::wire {

/// One value of the stream that the call `id` of this connection gave.
struct StreamItem {
    std::uint64_t id = 0;
    std::uint64_t sequence = 1; ///< from 1
    Content content = Content::binary;
    std::string_view body;

    friend bool operator==(const StreamItem&, const StreamItem&) = default;
};

/// No further value comes.
struct StreamEnd {
    std::uint64_t id = 0;
    std::uint64_t count = 0;        ///< of the values that came
    std::optional<Status> status{}; ///< why it ends before its end; nothing when it is complete

    friend bool operator==(const StreamEnd&, const StreamEnd&) = default;
};

/// The caller has taken so much, and can take as much again.
struct Credit {
    std::uint64_t id = 0;
    std::uint32_t values = 0;
    std::uint32_t bytes = 0;

    friend bool operator==(const Credit&, const Credit&) = default;
};

/// Appends all of a STREAM_ITEM but its body, which the caller appends next; `item.body` is not read.
void encode_header(std::string& out, const StreamItem& item);

[[nodiscard]] std::string encode(const StreamItem& item);
/// A status beyond the limits is cut to fit, as in FAILURE.
[[nodiscard]] std::string encode(const StreamEnd& message);
[[nodiscard]] std::string encode(const Credit& message);

[[nodiscard]] Result<StreamItem> decode_stream_item(std::string_view frame);
[[nodiscard]] Result<StreamEnd> decode_stream_end(std::string_view frame);
[[nodiscard]] Result<Credit> decode_credit(std::string_view frame);

} // namespace malla::wire
