// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/service/event.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace malla {

class ServiceCore;

/// What is said of an event besides its class and payload.
struct EventOptions {
    std::map<std::string, std::string> labels;
    Json metadata = Json::object(); ///< added to what every event has; an object
    /// Compares it with those before: one of the same service, class and payload gets the uid and
    /// the first timestamp of the first one, and a count that is higher by 1.
    bool check_duplicates = false;
};

/// Makes the events of a node's services, remembers which there were, and sends them on: through
/// the service's chain, then to the publisher.
///
/// Any thread. Neither a plugin nor the publisher runs under a lock.
class Events {
public:
    struct Source {
        std::string cluster;
        std::string node;
        std::string host;
    };
    struct Limits {
        /// How long a kind of event is remembered after its last one.
        Clock::duration window = std::chrono::hours{1};
        /// Kinds remembered at most; the one that did not come for the longest time is forgotten first.
        std::size_t max_entries = 10'000;
    };
    /// Hands an event to those who listen.
    using Publish = std::function<Result<void>(const Event&)>;
    struct Instant {
        Clock::time_point steady;
        Event::Time utc;
    };
    using Now = std::function<Instant()>;

    Events(Source source, Publish publish, Limits limits, Now now = &read_clocks);
    Events(Source source, Publish publish) : Events{std::move(source), std::move(publish), Limits{}} {}
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;

    /// Makes an event, and publishes nothing.
    [[nodiscard]] Event make(std::string_view service, std::string_view event_class, Json payload,
                             EventOptions options = {});
    /// Makes one, sends it down the chain of `service`, and publishes what comes out. Gives that, or
    /// nothing when a plugin dropped it.
    Result<std::optional<Event>> emit(const ServiceCore& service, std::string_view event_class, Json payload,
                                      EventOptions options = {});

    /// Publishes one as it is: no plugin hears of it.
    [[nodiscard]] Result<void> publish(const Event& event) const { return publish_(event); }

    /// Forgets the kinds whose window is over. Making events does the same for those that are compared.
    void sweep();
    /// How many kinds are remembered.
    [[nodiscard]] std::size_t remembered() const;

    [[nodiscard]] static Instant read_clocks();

private:
    struct Kind {
        std::string uid;
        Event::Time first;
        std::uint64_t count = 0;
        Clock::time_point last;
        std::list<const std::string*>::iterator age;
    };

    void compare(Event& event, Clock::time_point now);
    void forget_old(Clock::time_point now);
    void forget_oldest();

    const Source source_;
    const Publish publish_;
    const Limits limits_;
    const Now now_;
    mutable std::mutex mutex_; // guards all below
    std::unordered_map<std::string, Kind> kinds_;
    std::list<const std::string*> ages_; // keys of kinds_, the one that came last at the end
};

/// From inside a handler or hook: makes an event of its service, as `Events::emit` does.
/// `not_allowed` on a thread that runs nothing of a service, or of one that no node hosts.
Result<std::optional<Event>> emit(std::string_view event_class, Json payload, EventOptions options = {});
/// The same for a service that is at hand, from any thread.
Result<std::optional<Event>> emit(const ServiceCore& service, std::string_view event_class, Json payload,
                                  EventOptions options = {});

} // namespace malla
