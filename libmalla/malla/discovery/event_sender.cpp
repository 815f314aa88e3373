// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/event_sender.hpp"

#include "malla/wire/call.hpp"
#include "malla/wire/text.hpp"
#include "malla/wire/topic.hpp"
#include "malla/wire/topic_pattern.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace malla::discovery {

using namespace std::chrono_literals;
using transport::Sent;

namespace {

// A PING that found the queue full is sent again after this.
constexpr auto ask_again = 5ms;

Status nobody_connected() {
    return Status{"service_not_available"}.set_info("no rendezvous is connected: nobody would get the event");
}

Status lost() {
    return Status{"peer_lost"}.set_info("the connection was lost before the rendezvous said that it has the events");
}

} // namespace

void EventSender::set_alone(bool alone) {
    const std::lock_guard lock{mutex_};
    alone_ = alone;
}

void EventSender::up(LinkId link, std::shared_ptr<transport::Socket> socket) {
    const std::lock_guard lock{mutex_};
    ways_.insert_or_assign(link, Way{std::move(socket), published_, 0, 0});
}

void EventSender::down(LinkId link) {
    const std::lock_guard lock{mutex_};
    ways_.erase(link);
    changed_.notify_all();
}

void EventSender::answered(LinkId link, std::uint64_t nonce) {
    const std::lock_guard lock{mutex_};
    if (const auto way = ways_.find(link); way != ways_.end()) way->second.answered = nonce;
    changed_.notify_all();
}

void EventSender::close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    ways_.clear();
    changed_.notify_all();
}

Result<void> EventSender::publish(std::string_view topic, wire::Content content, std::string_view body) {
    if (auto fault = wire::topic_fault(topic)) return Status{"parameter_invalid", "topic"}.set_info(*std::move(fault));
    if (body.size() > wire::max_event_bytes)
        return Status{"body_too_large", "an event has at most " + std::to_string(wire::max_event_bytes) +
                                            " bytes, not " + std::to_string(body.size())}
            .set_outcome(Outcome::not_run);
    const std::lock_guard lock{mutex_};
    const auto number = counter_.next(topic);
    const auto frame = wire::encode(wire::Publish{source_.node, number.run, number.sequence, content,
                                                  wire::cut(source_.name, wire::max_name_bytes), topic, body});
    auto sent = frame ? send(*frame) : Result<void>{frame.error()};
    if (sent && publish_here_) publish_here_(wire::published(wire::event_topic(source_.cluster, topic), *frame));
    if (!sent) counter_.give_back(topic);
    return sent;
}

/// What one rendezvous takes counts as published, so those that do not have missed something.
Result<void> EventSender::send(const std::string& frame) {
    if (closed_) return Status{"service_not_available"}.set_info("the node has stopped");
    if (ways_.empty() && !alone_) return nobody_connected();
    std::vector<Way*> without;
    for (auto& [link, way] : ways_)
        if (way.socket->send(std::string_view{frame}) != Sent::sent) without.push_back(&way);
    if (without.size() == ways_.size() && !alone_)
        return Status{"busy"}.set_info("the rendezvous does not keep up: its queue is full");
    ++published_;
    for (Way* way : without) way->missed = published_;
    return {};
}

Result<void> EventSender::flush(Deadline deadline) {
    std::unique_lock lock{mutex_};
    if (published_ == flushed_ || alone_) return {};
    const std::uint64_t until = published_;
    const std::uint64_t nonce = ++nonce_;
    std::vector<LinkId> whole; // those that took all of it
    for (const auto& [link, way] : ways_)
        if (way.missed <= flushed_) whole.push_back(link);
    while (!whole.empty()) {
        if (ask(whole, nonce)) {
            flushed_ = std::max(flushed_, until);
            return {};
        }
        if (deadline.passed(Clock::now()))
            return Status{"deadline_exceeded"}.set_info("the rendezvous has not said in time that it has the events");
        const bool all_asked = std::ranges::all_of(whole, [&](LinkId link) { return ways_.at(link).asked >= nonce; });
        const auto until_then = all_asked ? deadline.at() : std::min(deadline.at(), Clock::now() + ask_again);
        if (!whole.empty()) changed_.wait_until(lock, until_then);
    }
    return lost();
}

/// Whether one of them has answered; takes out those that are gone.
bool EventSender::ask(std::vector<LinkId>& asked, std::uint64_t nonce) {
    std::erase_if(asked, [&](LinkId link) { return !ways_.contains(link); });
    for (const LinkId link : asked) {
        Way& way = ways_.at(link);
        if (way.answered >= nonce) return true;
        if (way.asked < nonce && way.socket->send(wire::encode(wire::Ping{nonce})) == Sent::sent) way.asked = nonce;
    }
    return false;
}

} // namespace malla::discovery
