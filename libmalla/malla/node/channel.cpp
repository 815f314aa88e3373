// SPDX-License-Identifier: Apache-2.0
#include "malla/node/channel.hpp"

#include "malla/node/together.hpp"
#include "malla/wire/frame.hpp"
#include "malla/wire/relay.hpp"

#include <algorithm>
#include <utility>

namespace malla {

namespace {

constexpr auto retry_one_way = std::chrono::milliseconds{5};

} // namespace

Result<std::shared_ptr<Channel>> Channel::open(const std::string& endpoint, std::string node_name, Window window,
                                               std::function<void()> on_bye,
                                               std::shared_ptr<const transport::Credentials> credentials,
                                               std::optional<Relayed> relayed) {
    transport::Profile profile;
    profile.credentials = std::move(credentials);
    auto socket = transport::Socket::open(transport::Pattern::dealer, profile);
    if (!socket) return std::move(socket).error();
    auto monitor = (*socket)->monitor();
    if (!monitor) return std::move(monitor).error();
    if (auto connected = (*socket)->connect(endpoint); !connected) return std::move(connected).error();
    return std::shared_ptr<Channel>{new Channel{std::move(*socket), std::move(*monitor), std::move(node_name), window,
                                                std::move(on_bye), std::move(relayed)}};
}

Channel::Channel(std::unique_ptr<transport::Socket> socket, std::unique_ptr<transport::Monitor> monitor,
                 std::string node_name, Window window, std::function<void()> on_bye, std::optional<Relayed> relayed)
    : socket_{std::move(socket)}, monitor_{std::move(monitor)},
      node_name_{std::move(node_name)}, window_{window}, on_bye_{std::move(on_bye)}, relayed_{std::move(relayed)} {}

void Channel::submit(Attempt& attempt, bool held) {
    const std::lock_guard lock{mutex_};
    load_.fetch_add(1, std::memory_order_relaxed);
    if (retired_ || dying_) return end_locked(attempt, why_unsent());
    queue_.push_back(&attempt);
    if (held && ++held_ < max_together) return;
    send_held_locked();
}

void Channel::send_held() {
    const std::lock_guard lock{mutex_};
    if (held_ != 0) send_held_locked();
}

void Channel::send_held_locked() {
    held_ = 0;
    flush_locked();
}

bool Channel::wait(Attempt& attempt, Deadline deadline) {
    if (attempt.ended_.load(std::memory_order_acquire)) return true;
    std::unique_lock lock{mutex_};
    if (held_ != 0 && attempt.state_ == Attempt::State::queued) send_held_locked();
    while (attempt.state_ != Attempt::State::ended && attempt.values_.empty()) {
        const bool late = deadline.passed(Clock::now());
        const bool may_receive = !receiving_ && !dying_;
        if (late && !may_receive) return false;
        // No answer comes that would make room for one that the connection has no room for.
        const Deadline turn = attempt.one_way_ ? std::min(deadline, Deadline::in(retry_one_way)) : deadline;
        if (may_receive) {
            receive_for_all(lock, turn);
            const bool there = attempt.state_ == Attempt::State::ended || !attempt.values_.empty();
            if (late && !there) return wake_one_locked(), false;
        } else {
            attempt.sleeping_ = true;
            ++sleeping_;
            attempt.changed_.wait_until(lock, turn.at());
            --sleeping_;
            attempt.sleeping_ = false;
            if (attempt.one_way_) flush_locked();
        }
    }
    if (!receiving_) wake_one_locked();
    const auto ended = when_ended_locked();
    lock.unlock();
    if (ended) ended();
    return true;
}

void Channel::cancel(Attempt& attempt) {
    const std::lock_guard lock{mutex_};
    cancel_locked(attempt);
    if (!receiving_) wake_one_locked();
}

void Channel::cancel_locked(Attempt& attempt) {
    if (attempt.state_ == Attempt::State::queued) {
        std::erase(queue_, &attempt);
        held_ = 0; // it may have been the last one that anybody thinks of
        end_locked(attempt, Status{"expired"});
    } else if (attempt.state_ == Attempt::State::sent && !std::exchange(attempt.cancelled_, true)) {
        (void)socket_->send(wire::encode(wire::Cancel{attempt.id_})); // at best: the instance may be gone
    }
}

void Channel::abandon(Attempt& attempt) {
    std::unique_lock lock{mutex_};
    cancel_locked(attempt);
    if (attempt.state_ == Attempt::State::sent) {
        remove_locked(attempt);
        end_locked(attempt, Status{"deadline_exceeded"});
        flush_locked();
    }
    if (!receiving_) wake_one_locked();
    const auto ended = when_ended_locked();
    lock.unlock();
    if (ended) ended();
}

void Channel::flush() {
    was_connected_.store(true, std::memory_order_relaxed);
    const std::lock_guard lock{mutex_};
    flush_locked();
}

bool Channel::retire(std::function<void()> ended) {
    std::unique_lock lock{mutex_};
    if (std::exchange(retired_, true) || dying_) return false;
    end_queued_locked();
    if (receiving_) socket_->interrupt(); // its call may be one of them
    when_ended_ = std::move(ended);
    ended = when_ended_locked();
    lock.unlock();
    if (ended) ended();
    return true;
}

void Channel::attend() {
    std::unique_lock lock{mutex_};
    if (receiving_ || dying_) return;
    take_all_locked();
    give_credit_again_locked();
    flush_locked();
    const auto ended = when_ended_locked();
    lock.unlock();
    if (ended) ended();
}

void Channel::die() {
    std::unique_lock lock{mutex_};
    if (std::exchange(dying_, true)) return;
    when_ended_ = nullptr;
    // What has arrived counts, even if the connection ended since: also what a caller is about to take.
    socket_->interrupt();
    received_.wait(lock, [this] { return !receiving_; });
    take_all_locked();
    dead_.store(true, std::memory_order_release);
    end_under_way_locked(Status{"peer_lost", node_name_});
    end_queued_locked();
    socket_->close(sent_one_way_ ? flush_limit : Clock::duration::zero());
}

void Channel::look_after(Clock::time_point now, bool unheard) {
    std::unique_lock lock{mutex_};
    if (dying_) return;
    const bool heard = std::exchange(heard_, false);
    if (heard) awaited_ = !under_way_.empty();
    const auto found = silence_.look(now, heard, awaited_);
    if (found.ask) (void)socket_->send(wire::encode(wire::Ping{}));
    const bool was_silent = silent_.exchange(found.silent);
    if (found.silent && !was_silent) end_queued_locked();
    if (!found.silent && was_silent) flush_locked();
    if (found.lost && unheard) end_under_way_locked(Status{"peer_lost", node_name_});
    if (found.silent && receiving_) socket_->interrupt(); // its call may be one of those that ended
    const auto ended = when_ended_locked();
    lock.unlock();
    if (ended) ended();
}

// What comes behind is for the node.
bool Channel::open_locked() {
    if (opened_ || !relayed_) return true;
    const auto sent = socket_->send(wire::encode(wire::RelayOpen{relayed_->self, relayed_->target}));
    return opened_ = sent == transport::Sent::sent;
}

void Channel::flush_locked() {
    if (dying_ || held_ != 0 || !open_locked()) return;
    while (!dying_ && !silent()) {
        const std::size_t count = sendable_locked();
        if (count == 0) return;
        const auto sent = send_locked(count);
        if (sent == transport::Sent::full || sent == transport::Sent::unreachable) return;
        for (std::size_t i = 0; i < count; ++i) {
            Attempt& attempt = *queue_.front();
            queue_.pop_front();
            if (sent == transport::Sent::sent) note_sent_locked(attempt);
            else
                end_locked(attempt,
                           Status{"body_too_large", "the arguments, of which a call has at most 8 MiB"}.set_outcome(
                               Outcome::not_run));
        }
    }
}

// How many of the queue's first attempts may be sent now, as one message: one, or several short ones.
std::size_t Channel::sendable_locked() const {
    const std::size_t under_way = under_way_.size() - streams_under_way_;
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (const Attempt* attempt : queue_) {
        const std::size_t all = bytes + attempt->size_;
        if (under_way + count >= window_.max_calls || count == max_together) break;
        if (bytes_under_way_ + bytes != 0 && bytes_under_way_ + all > window_.max_bytes) break;
        if (count != 0 && (all > max_bytes_together || attempt->one_way_ || attempt->window_)) break;
        ++count;
        bytes = all;
        if (attempt->one_way_ || attempt->window_) break;
    }
    return count;
}

transport::Sent Channel::send_locked(std::size_t count) {
    if (count == 1) return socket_->send(std::move(queue_.front()->frame_));
    std::vector<std::string> frames;
    frames.reserve(count);
    for (std::size_t i = 0; i < count; ++i) frames.push_back(std::move(queue_[i]->frame_));
    const auto sent = socket_->send_together(frames);
    if (sent == transport::Sent::sent) return sent;
    for (std::size_t i = 0; i < count; ++i) queue_[i]->frame_ = std::move(frames[i]);
    return sent;
}

void Channel::note_sent_locked(Attempt& attempt) {
    attempt.sent_ = true;
    if (attempt.one_way_) {
        sent_one_way_ = true;
        if (receiving_) socket_->interrupt(); // whoever reads the socket may wait for this one
        return end_locked(attempt, Returned{std::string{}});
    }
    attempt.state_ = Attempt::State::sent;
    awaited_ = true;
    if (attempt.window_) ++streams_under_way_;
    else bytes_under_way_ += attempt.size_;
    under_way_.emplace(attempt.id_, &attempt);
}

void Channel::receive_for_all(std::unique_lock<std::mutex>& lock, Deadline deadline) {
    receiving_ = true;
    std::vector<transport::Message> inbox = std::move(inbox_);
    lock.unlock();
    socket_->receive(inbox, deadline);
    lock.lock();
    receiving_ = false;
    for (auto& message : inbox) take_locked(std::move(message));
    inbox.clear();
    inbox_ = std::move(inbox);
    flush_locked();
    received_.notify_all();
}

void Channel::take_all_locked() {
    std::vector<transport::Message> messages;
    while (socket_->receive(messages) > 0) {
        for (auto& message : messages) take_locked(std::move(message));
        messages.clear();
    }
}

void Channel::take_locked(transport::Message&& message) {
    heard_ = true;
    const auto type = wire::peek(message.bytes());
    if (type == wire::Type::bye && on_bye_) return on_bye_();
    if (relayed_ && type == wire::Type::relay_end) return end_relayed_locked(message);
    if (relayed_ && type == wire::Type::ping) {
        if (const auto ping = wire::decode_ping(message.bytes())) // the broker wants to know how much was read
            (void)socket_->send(wire::encode(wire::Pong{ping->nonce, relayed_->self}));
        return;
    }
    const auto id = wire::peek_id(message.bytes());
    if (!id) return; // nothing that ends a call
    const auto found = under_way_.find(*id);
    if (found == under_way_.end()) return; // abandoned meanwhile
    Attempt& attempt = *found->second;
    if (type == wire::Type::stream_item) return take_value_locked(attempt, std::move(message));
    if (type == wire::Type::stream_end) return take_end_locked(attempt, message);
    if (type != wire::Type::failure && attempt.window_ && wire::decode_reply(message.bytes())) {
        attempt.values_.push_back(std::move(message)); // the callback gives one value
        remove_locked(attempt);
        return end_locked(attempt, Returned{std::string{}});
    }
    remove_locked(attempt);
    if (type == wire::Type::failure) {
        auto failure = wire::decode_failure(message.bytes());
        end_locked(attempt, failure ? std::move(failure->status) : Status{"reply_invalid", failure.error().info()});
    } else if (auto reply = wire::decode_reply(message.bytes()); reply) {
        end_locked(attempt, Returned{std::move(message)});
    } else {
        end_locked(attempt, Status{"reply_invalid", reply.error().info()});
    }
}

// Of a broker that never passed anything on no call has run.
void Channel::end_relayed_locked(const transport::Message& message) {
    const auto end = wire::decode_relay_end(message.bytes());
    const bool not_run = end && end->status.outcome() == Outcome::not_run;
    const bool known = std::exchange(retired_, true); // one comes for each call that is on its way to the broker
    end_under_way_locked(not_run ? end->status : Status{"peer_lost", node_name_});
    end_queued_locked();
    if (!known) relayed_->on_end();
}

void Channel::end_locked(Attempt& attempt, Result<Returned> outcome) {
    attempt.outcome_.emplace(std::move(outcome));
    attempt.state_ = Attempt::State::ended;
    load_.fetch_sub(1, std::memory_order_relaxed);
    if (attempt.sleeping_) attempt.changed_.notify_one();
    attempt.ended_.store(true, std::memory_order_release); // at the very end: its caller may destroy it now
}

void Channel::end_under_way_locked(const Status& why) {
    for (const auto& [id, attempt] : under_way_) end_locked(*attempt, why);
    under_way_.clear();
    bytes_under_way_ = 0;
    streams_under_way_ = 0;
}

void Channel::end_queued_locked() {
    for (Attempt* attempt : queue_) end_locked(*attempt, why_unsent());
    queue_.clear();
    held_ = 0;
}

Status Channel::why_unsent() const {
    if (refused_) return Status{"credentials_refused", "node '" + node_name_ + "', which has a list of its own"};
    return Status{"service_not_available"}.set_info("The connection to node '" + node_name_ +
                                                    "' ended before the call was sent");
}

// What to call, without the mutex, when nothing is under way on a retired channel; once.
std::function<void()> Channel::when_ended_locked() {
    if (!retired_ || !under_way_.empty()) return nullptr;
    return std::exchange(when_ended_, nullptr);
}

// The receiving caller has what it wants: another one that waits goes on receiving.
void Channel::wake_one_locked() {
    if (sleeping_ == 0) return;
    const auto sleeping = std::ranges::find_if(under_way_, [](const auto& each) { return each.second->sleeping_; });
    if (sleeping != under_way_.end()) sleeping->second->changed_.notify_one();
    else if (const auto queued = std::ranges::find_if(queue_, &Attempt::sleeping_); queued != queue_.end())
        (*queued)->changed_.notify_one();
}

} // namespace malla
