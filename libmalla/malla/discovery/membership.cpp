// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/membership.hpp"

#include "malla/discovery/membership_parts.hpp"

#include <algorithm>
#include <future>
#include <utility>

namespace malla::discovery {

Membership::Membership(std::unique_ptr<Parts> parts) noexcept : parts_{std::move(parts)} {}
Membership::~Membership() = default;

Result<std::unique_ptr<Membership>> Membership::open(transport::Poller& control, MembershipOptions options,
                                                     wire::NodeRecord self, Reply reply) {
    auto parts = std::make_unique<Parts>(control, std::move(options), std::move(self), std::move(reply));
    if (auto opened = parts->open(); !opened) return std::move(opened).error();
    control.post([started = parts.get()] { started->start(); });
    return std::unique_ptr<Membership>{new Membership{std::move(parts)}};
}

const SharedDirectory& Membership::directory() const noexcept { return parts_->directory; }
SharedDirectory& Membership::directory() noexcept { return parts_->directory; }
void Membership::update(wire::NodeRecord self) { parts_->update(std::move(self)); }
bool Membership::wait_heard(Deadline deadline) const { return parts_->joining.wait_decided(deadline); }
Result<void> Membership::wait_joined(Deadline deadline) const { return parts_->joining.wait(deadline); }
std::vector<MeetingPlace> Membership::places() const { return parts_->joining.places(); }
std::vector<std::string> Membership::unreachable() const { return parts_->joining.unreachable(); }
std::optional<Status> Membership::refusal() const { return parts_->joining.refusal(); }
std::vector<std::string> Membership::relays() const { return parts_->relays(); }
bool Membership::holds_rendezvous() const noexcept { return parts_->holds_rendezvous(); }
void Membership::on_message(const transport::Message& message) { parts_->on_message(message); }
void Membership::on_events(std::span<const transport::LinkEvent> events) { parts_->on_events(events); }

const std::shared_ptr<EventSender>& Membership::sender() const noexcept { return parts_->sender; }
Result<std::unique_ptr<EventSubscription>> Membership::subscribe(std::string_view pattern, const InboxLimits& limits,
                                                                 EventSubscription::Handler handler) {
    return parts_->receiver->subscribe(pattern, limits, std::move(handler));
}

void Membership::suspect(NodeId node) {
    parts_->poller.post([parts = parts_.get(), node] { parts->suspect(node); });
}

void Membership::leave(Deadline deadline) {
    parts_->stop_finders(deadline);
    do_there([parts = parts_.get()] { parts->leave(); }, deadline);
}

void Membership::stop(Deadline deadline) {
    parts_->stop_finders(deadline);
    constexpr Clock::duration longest_flush = std::chrono::milliseconds{200};
    const auto flush = std::min(longest_flush, deadline.left(Clock::now()));
    do_there([parts = parts_.get(), flush] { parts->stop(flush); }, deadline);
}

void Membership::do_there(std::function<void()> function, Deadline deadline) {
    const auto done = std::make_shared<std::promise<void>>();
    auto stopped = done->get_future();
    parts_->poller.post([function = std::move(function), done] {
        function();
        done->set_value();
    });
    (void)stopped.wait_until(deadline.at());
}

} // namespace malla::discovery
