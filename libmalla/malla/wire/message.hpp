// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/wire/call.hpp"
#include "malla/wire/connection.hpp"
#include "malla/wire/directory.hpp"
#include "malla/wire/event.hpp"
#include "malla/wire/frame.hpp"
#include "malla/wire/relay.hpp"
#include "malla/wire/stream.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

namespace malla::wire {

/// A well-formed frame whose type this library does not know: to be ignored.
struct Unrecognised {
    std::uint8_t type = 0;

    friend bool operator==(const Unrecognised&, const Unrecognised&) = default;
};

using Message = std::variant<Unrecognised, Hello, Welcome, Refused, Call, Reply, Failure, Cancel, Ping, Pong, Announce,
                             Beat, Bye, Ask, SnapshotEnd, Gone, Suspect, Digest, AskListing, Listing, Publish,
                             StreamItem, StreamEnd, Credit, RelayOpen, Relay, RelayEnd>;

/// Reads any frame. CALL, REPLY, PUBLISH, STREAM_ITEM and RELAY point into it. A frame of another version is
/// `version_unsupported`, any other that cannot be read is `bad_request` with what is wrong:
/// "CALL: the service name is 300 bytes, at most 128".
/// Takes no more memory than a small multiple of the frame.
[[nodiscard]] Result<Message> decode(std::string_view frame);

} // namespace malla::wire
