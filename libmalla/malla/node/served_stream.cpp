// SPDX-License-Identifier: Apache-2.0
#include "malla/node/served_stream.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace malla {

namespace {

using namespace std::chrono_literals;

// How long it makes values before others have their turn at the service and at the thread.
constexpr auto turn = 1ms;

} // namespace

ServedStream::ServedStream(std::unique_ptr<OutgoingStream> stream, std::uint64_t id, wire::Content content,
                           wire::Window window) noexcept
    : id_{id}, content_{content}, window_{window}, stream_{std::move(stream)}, values_{window.values},
      bytes_{window.bytes} {}

void ServedStream::add(const wire::Credit& credit) {
    const std::lock_guard lock{mutex_};
    values_ = std::min<std::int64_t>(values_ + credit.values, window_.values);
    bytes_ = std::min<std::int64_t>(bytes_ + credit.bytes, window_.bytes);
}

bool ServedStream::has_credit() const {
    const std::lock_guard lock{mutex_};
    return values_ > 0 && bytes_ > 0;
}

ServedStream::Needs ServedStream::go_on(Gate* gate, const CallInfo& info, const Send& send) {
    for (const auto until = Clock::now() + turn;;) {
        if (info.cancelled.stop_requested()) return Needs::nothing;
        if (!has_credit()) return Needs::credit;
        const auto now = Clock::now();
        if (info.deadline.passed(now)) return finish(Status{"deadline_exceeded"}), Needs::nothing;
        if (now > until) return Needs::turn;
        if (frame_.empty() && !make(gate, info)) return Needs::nothing;
        // Before it is sent: the caller may have taken it, and given credit for it, in the next instant.
        spend(1, static_cast<std::int64_t>(body_bytes_));
        const auto sent = send(std::move(frame_));
        if (sent == transport::Sent::full) return spend(-1, -static_cast<std::int64_t>(body_bytes_)), Needs::room;
        if (sent == transport::Sent::unreachable) return Needs::nothing;
        if (sent == transport::Sent::too_large)
            return finish(Status{"body_too_large", "a value of the stream"}), Needs::nothing;
        frame_.clear();
        ++sent_;
    }
}

void ServedStream::spend(std::int64_t values, std::int64_t bytes) {
    const std::lock_guard lock{mutex_};
    values_ -= values;
    bytes_ -= bytes;
}

// False when there is none.
bool ServedStream::make(Gate* gate, const CallInfo& info) {
    std::string frame;
    wire::encode_header(frame, wire::StreamItem{id_, sent_ + 1, content_, {}});
    const std::size_t header = frame.size();
    auto made = stream_->next(gate, info, frame);
    if (!made || !*made) {
        stream_.reset(); // inside the service
        finish(made ? std::nullopt : std::optional{std::move(made).error()});
        return false;
    }
    body_bytes_ = frame.size() - header;
    frame_ = std::move(frame);
    return true;
}

void ServedStream::finish(std::optional<Status> why) { end_ = wire::StreamEnd{id_, sent_, std::move(why)}; }

} // namespace malla
