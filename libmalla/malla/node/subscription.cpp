// SPDX-License-Identifier: Apache-2.0
#include "malla/node/subscription.hpp"

#include "malla/discovery/event_receiver.hpp"

#include <utility>

namespace malla {

Subscription::Subscription(std::unique_ptr<discovery::EventSubscription> events, Count unreadable) noexcept
    : events_{std::move(events)}, unreadable_{std::move(unreadable)} {}
Subscription::Subscription(Subscription&& other) noexcept = default;
Subscription& Subscription::operator=(Subscription&& other) noexcept = default;
Subscription::~Subscription() = default;

Result<void> Subscription::wait_listening(Deadline deadline) const { return events_->wait_listening(deadline); }
std::uint64_t Subscription::dropped() const { return events_->dropped() + unreadable_->load(); }

} // namespace malla
