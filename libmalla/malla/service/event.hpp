// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/chain/callback.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

/// Something that happened in a service, told to whoever listens to its class.
struct Event {
    using Time = std::chrono::sys_time<std::chrono::milliseconds>;

    std::string uid;         ///< see `event_uid`
    std::string event_class; ///< the topic on which it is published, as "orders.created"
    std::string service;
    Time timestamp;
    Json payload = Json::object();
    std::map<std::string, std::string> labels;
    Json metadata = Json::object(); ///< `cluster`, `node`, `host`, `service`, and what was given
    // Of the first of its kind, for an event that was compared with those before; else of itself.
    Time first_timestamp;
    std::uint64_t count = 1; ///< how many of its kind there were, this one included
    std::string hash;        ///< of the payload, 16 hexadecimal digits; empty when it was not compared
};

/// The event as it is published: an object with `uid`, `class`, `service`, `timestamp`, `payload`,
/// `labels`, `metadata`, `first_timestamp` and `count`, and `hash` where there is one. Times are
/// text in UTC: "2025-06-01T12:30:00.250Z".
[[nodiscard]] Json to_json(const Event& event);

/// An identifier of 28 characters that sorts by time: milliseconds of Unix time in 9 digits of base
/// 32, "-", and 18 random ones (90 bits). The digits are 0 to 9 and a to v, whose order as text is
/// that of their values, until the year 3084. Within a millisecond the order is random.
[[nodiscard]] std::string event_uid(Event::Time time);

/// Every event of a service passes its chain on its way out. A plugin observes it, changes it with
/// `cont_with(changed)`, drops it by answering `std::nullopt`, or sends it as it is, past those below,
/// by answering with it. A status is what whoever made the event gets.
///
/// Comes from any thread, also while other calls run and whatever the service's status.
struct HandleEvent : Callback<"handle_event(event)", std::optional<Event>(const Event&)> {
    static std::optional<Event> default_answer(const Event& event) { return event; }
};

} // namespace malla
