// SPDX-License-Identifier: Apache-2.0
// How a socket sends, receives and waits; the rest of it is in socket.cpp.
#include "malla/transport/context.hpp"
#include "malla/transport/credentials.hpp"
#include "malla/transport/socket.hpp"
#include "malla/transport/socket_turn.hpp"

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <deque>
#include <utility>

#include <poll.h>
#include <zmq.h>

namespace malla::transport {

namespace {

// Below this a copy costs less than handing over the memory.
constexpr std::size_t min_handed_over_bytes = 4096;
// Frames that one call takes at most, those that it drops included.
constexpr std::size_t max_frames_a_call = 1024;
// ROUTER's own routing ids: a zero and a number. Other ids were chosen by the peer.
constexpr std::size_t routing_id_bytes = 5;

std::array<unsigned char, routing_id_bytes> routing_id(Peer peer) noexcept {
    const auto byte = [number = peer.number()](int shift) { return static_cast<unsigned char>(number >> shift); };
    return {0, byte(24), byte(16), byte(8), byte(0)};
}

std::optional<Peer> read_routing_id(std::string_view id) noexcept {
    if (id.size() != routing_id_bytes || id[0] != '\0') return std::nullopt;
    std::uint32_t number = 0;
    for (const char byte : id.substr(1)) number = number << 8 | static_cast<unsigned char>(byte);
    return Peer{number};
}

int send_frame(void* handle, zmq_msg_t* frame, int flags) noexcept {
    return uninterrupted([=] { return zmq_msg_send(frame, handle, flags | ZMQ_DONTWAIT); });
}

} // namespace

/// A message to send, built before the mutex is taken.
class Socket::Frame {
public:
    explicit Frame(std::string_view bytes) {
        if (zmq_msg_init_size(&frame_, bytes.size()) != 0) throw std::bad_alloc{};
        if (!bytes.empty()) std::memcpy(zmq_msg_data(&frame_), bytes.data(), bytes.size());
    }
    explicit Frame(std::string&& bytes) : owned_{new std::string{std::move(bytes)}} {
        const auto free = [](void*, void* owned) { delete static_cast<std::string*>(owned); };
        if (zmq_msg_init_data(&frame_, owned_->data(), owned_->size(), free, owned_) == 0) return;
        bytes = std::move(*owned_);
        delete owned_;
        throw std::bad_alloc{};
    }
    ~Frame() { zmq_msg_close(&frame_); }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    [[nodiscard]] zmq_msg_t* raw() noexcept { return &frame_; }
    /// Gives the bytes back; only while they have not been sent.
    void take_back(std::string& bytes) noexcept { bytes = std::move(*owned_); }

private:
    zmq_msg_t frame_;
    std::string* owned_ = nullptr; // destroyed by ZeroMQ
};

Sent Socket::send(std::string_view bytes) {
    assert(pattern_ != Pattern::router && pattern_ != Pattern::sub);
    if (bytes.size() > max_message_bytes_) return Sent::too_large;
    Frame frame{bytes};
    const Turn turn{*this};
    return put(nullptr, frame);
}

Sent Socket::send(std::string&& bytes) {
    return bytes.size() < min_handed_over_bytes ? send(std::string_view{bytes}) : hand_over(nullptr, bytes);
}

Sent Socket::send_to(Peer peer, std::string_view bytes) {
    assert(pattern_ == Pattern::router);
    if (bytes.size() > max_message_bytes_) return Sent::too_large;
    Frame frame{bytes};
    const Turn turn{*this};
    return put(&peer, frame);
}

Sent Socket::send_to(Peer peer, std::string&& bytes) {
    return bytes.size() < min_handed_over_bytes ? send_to(peer, std::string_view{bytes}) : hand_over(&peer, bytes);
}

Sent Socket::hand_over(const Peer* peer, std::string& bytes) {
    if (bytes.size() > max_message_bytes_) return Sent::too_large;
    Frame frame{std::move(bytes)};
    const Turn turn{*this};
    const auto result = put(peer, frame);
    if (result != Sent::sent) frame.take_back(bytes);
    return result;
}

Sent Socket::send_together(std::span<const std::string> messages) {
    assert(pattern_ != Pattern::router && pattern_ != Pattern::sub);
    return put_together(nullptr, messages);
}

Sent Socket::send_together_to(Peer peer, std::span<const std::string> messages) {
    assert(pattern_ == Pattern::router);
    return put_together(&peer, messages);
}

// Once ZeroMQ has the first frame it takes the others too, or loses all of them with the connection.
Sent Socket::put_together(const Peer* peer, std::span<const std::string> messages) {
    std::deque<Frame> frames;
    for (const auto& message : messages) {
        if (message.size() > max_message_bytes_) return Sent::too_large;
        frames.emplace_back(std::string_view{message});
    }
    const Turn turn{*this};
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto result = put(i == 0 ? peer : nullptr, frames[i], i + 1 < frames.size());
        if (i == 0 && result != Sent::sent) return result;
    }
    return Sent::sent;
}

Sent Socket::put(const Peer* peer, Frame& frame, bool followed) noexcept {
    const auto result = put_once(peer, frame, followed);
    // ZeroMQ looks for news of its connections about once a millisecond, unless it is asked.
    if (result != Sent::full) return result;
    (void)has_input();
    return put_once(peer, frame, followed);
}

Sent Socket::put_once(const Peer* peer, Frame& frame, bool followed) noexcept {
    if (handle_ == nullptr) return Sent::unreachable;
    const auto refusal = [] { return errno == EAGAIN ? Sent::full : Sent::unreachable; };
    if (peer != nullptr) {
        const auto id = routing_id(*peer);
        zmq_msg_t head;
        zmq_msg_init_size(&head, id.size()); // so short that nothing is allocated
        std::memcpy(zmq_msg_data(&head), id.data(), id.size());
        if (send_frame(handle_, &head, ZMQ_SNDMORE) == -1) {
            const auto result = refusal();
            zmq_msg_close(&head);
            return result;
        }
    }
    return send_frame(handle_, frame.raw(), followed ? ZMQ_SNDMORE : 0) == -1 ? refusal() : Sent::sent;
}

std::size_t Socket::receive(std::vector<Message>& into, std::size_t max) {
    const Turn turn{*this};
    return take(into, max);
}

std::size_t Socket::receive(std::vector<Message>& into, Deadline until, std::size_t max) {
    for (;;) {
        {
            Turn turn{*this};
            if (const auto count = take(into, max); count != 0 || handle_ == nullptr) return count;
            if (!drained_) continue;
            turn.wait();
        }
        std::array<pollfd, 2> polled{pollfd{fd_, POLLIN, 0}, pollfd{wake_.fd(), POLLIN, 0}};
        ::poll(polled.data(), polled.size(), until.poll_timeout(Clock::now()));
        const Turn turn{*this};
        leave();
        const auto count = take(into, max);
        const bool woken = interrupted_.exchange(false, std::memory_order_acquire) || polled[1].revents != 0;
        if (count != 0 || woken || until.passed(Clock::now())) return count;
    }
}

std::size_t Socket::take(std::vector<Message>& into, std::size_t max) {
    drained_ = false;
    std::size_t count = 0;
    for (std::size_t tries = 0; count < max && tries < max_frames_a_call; ++tries) {
        auto& message = into.emplace_back();
        const auto taken = take_one(message);
        if (taken == Taken::message) {
            ++count;
            continue;
        }
        into.pop_back();
        drained_ = taken == Taken::nothing;
        if (drained_) break;
    }
    return count;
}

Socket::Taken Socket::take_one(Message& message) noexcept {
    if (!take_frame(message)) return Taken::nothing;
    if (pattern_ == Pattern::router && !within_) {
        sender_ = read_routing_id(message.bytes());
        if (!take_frame(message)) return Taken::nothing; // cannot be: frames come together
    }
    within_ = message.followed();
    message.peer_ = sender_.value_or(Peer{});
    if ((pattern_ != Pattern::router || sender_) && is_let_in(message)) return Taken::message;
    ++dropped_;
    return Taken::junk;
}

/// Its key was allowed when the connection began; it need not be any more.
bool Socket::is_let_in(const Message& message) const noexcept {
    return !credentials_ || pattern_ != Pattern::router || credentials_->identify(message.key()) != nullptr;
}

bool Socket::take_frame(Message& message) noexcept {
    if (handle_ == nullptr) return false;
    auto* const frame = reinterpret_cast<zmq_msg_t*>(message.frame_);
    return uninterrupted([&] { return zmq_msg_recv(frame, handle_, ZMQ_DONTWAIT); }) != -1;
}

bool Socket::has_input() noexcept {
    if (handle_ == nullptr) return false;
    int events = 0;
    auto size = sizeof events;
    return uninterrupted([&] { return zmq_getsockopt(handle_, ZMQ_EVENTS, &events, &size); }) == 0 &&
           (events & ZMQ_POLLIN) != 0;
}

bool Socket::readable() noexcept {
    const Turn turn{*this};
    return has_input();
}

std::uint64_t Socket::dropped() const noexcept {
    const std::scoped_lock lock{mutex_};
    return dropped_;
}

Source::Armed Socket::arm() noexcept {
    Turn turn{*this};
    if (handle_ == nullptr) return Armed::closed;
    if (has_input()) return Armed::readable;
    turn.wait();
    return Armed::waiting;
}

void Socket::disarm() noexcept {
    const Turn turn{*this};
    leave();
}

void Socket::leave() noexcept {
    if (--waiting_ != 0) return;
    if (handle_ == nullptr) {
        none_waiting_.notify_all();
        return;
    }
    wake_.drain();
    poked_ = false;
}

} // namespace malla::transport
