// SPDX-License-Identifier: Apache-2.0
// The part of a channel that receives streams.
#include "malla/node/channel.hpp"

#include <string>
#include <utility>

namespace malla {

std::optional<Returned> Channel::take(Attempt& attempt) {
    const std::lock_guard lock{mutex_};
    if (attempt.values_.empty()) return std::nullopt;
    Returned value{std::move(attempt.values_.front())};
    attempt.values_.pop_front();
    if (attempt.state_ == Attempt::State::ended) return value;
    ++attempt.taken_.values;
    attempt.taken_.bytes += static_cast<std::uint32_t>(value.body().size());
    attempt.waiting_bytes_ -= value.body().size();
    give_credit_locked(attempt);
    return value;
}

// For several values at once.
void Channel::give_credit_locked(Attempt& attempt) {
    const bool much = 2 * attempt.taken_.values >= attempt.window_->values ||
                      2 * std::size_t{attempt.taken_.bytes} >= attempt.window_->bytes;
    if (!much) return;
    const wire::Credit credit{attempt.id_, attempt.taken_.values, attempt.taken_.bytes};
    if (socket_->send(wire::encode(credit)) == transport::Sent::sent) attempt.taken_ = {};
}

// What could not be sent when the value was taken.
void Channel::give_credit_again_locked() {
    if (streams_under_way_ == 0) return;
    for (const auto& [id, attempt] : under_way_)
        if (attempt->window_) give_credit_locked(*attempt);
}

void Channel::take_value_locked(Attempt& attempt, transport::Message&& message) {
    const auto item = wire::decode_stream_item(message.bytes());
    if (!item) return refuse_locked(attempt, item.error().info());
    if (!attempt.window_) return refuse_locked(attempt, "a value of a stream for a call that asked for none");
    if (item->sequence != attempt.values_came_ + 1) return refuse_locked(attempt, "a value of the stream is missing");
    if (attempt.values_.size() + attempt.taken_.values >= attempt.window_->values ||
        attempt.waiting_bytes_ + attempt.taken_.bytes >= attempt.window_->bytes)
        return refuse_locked(attempt, "a value of the stream came without credit");
    ++attempt.values_came_;
    attempt.waiting_bytes_ += item->body.size();
    attempt.values_.push_back(std::move(message));
    if (attempt.sleeping_) attempt.changed_.notify_one();
}

void Channel::take_end_locked(Attempt& attempt, const transport::Message& message) {
    auto end = wire::decode_stream_end(message.bytes());
    if (!end) return refuse_locked(attempt, end.error().info());
    if (!attempt.window_ || end->count != attempt.values_came_)
        return refuse_locked(attempt, "a value of the stream is missing");
    remove_locked(attempt);
    if (end->status) end_locked(attempt, *std::move(end->status));
    else end_locked(attempt, Returned{std::string{}});
}

// The instance does not keep to the protocol: nothing that still comes counts.
void Channel::refuse_locked(Attempt& attempt, std::string reason) {
    (void)socket_->send(wire::encode(wire::Cancel{attempt.id_}));
    remove_locked(attempt);
    end_locked(attempt, Status{"reply_invalid", reason});
}

void Channel::remove_locked(const Attempt& attempt) {
    if (under_way_.erase(attempt.id_) == 0) return;
    if (attempt.window_) --streams_under_way_;
    else bytes_under_way_ -= attempt.size_;
}

} // namespace malla
