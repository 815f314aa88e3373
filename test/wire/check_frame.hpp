// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/wire/topic.hpp"
#include "wire/golden.hpp"

#include <string>
#include <string_view>

namespace malla::wire {

/// What is wrong with how these bytes are read, or an empty text: whatever is read must be
/// written again as a frame that reads the same, and whatever is refused must say why.
inline std::string reading_fault(std::string_view frame) {
    static_cast<void>(split_published(frame));
    static_cast<void>(peek_id(frame));
    const auto message = decode(frame);
    if (!message) return message.error().info().empty() ? "refused without a reason" : "";
    if (std::holds_alternative<Unrecognised>(*message)) return {};
    const std::string again = golden::encode_any(*message);
    if (again.size() > frame.size()) return "the frame grew";
    const auto second = decode(again);
    if (!second) return "refused what it wrote: " + second.error().text();
    return *second == *message ? "" : "it changed on the way";
}

} // namespace malla::wire
