// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/message.hpp"

#include <cstring>
#include <new>

#include <zmq.h>

namespace malla::transport {

namespace {

zmq_msg_t* frame(std::byte* bytes) noexcept { return reinterpret_cast<zmq_msg_t*>(bytes); }

} // namespace

Message::Message() noexcept {
    static_assert(sizeof(zmq_msg_t) == frame_bytes && alignof(zmq_msg_t) <= alignof(void*));
    zmq_msg_init(frame(frame_));
}

Message::Message(std::string_view bytes, Peer peer) : peer_{peer} {
    if (zmq_msg_init_size(frame(frame_), bytes.size()) != 0) throw std::bad_alloc{};
    if (!bytes.empty()) std::memcpy(zmq_msg_data(frame(frame_)), bytes.data(), bytes.size());
}

Message::Message(Message&& other) noexcept : Message{} { *this = std::move(other); }

Message& Message::operator=(Message&& other) noexcept {
    if (this != &other) zmq_msg_move(frame(frame_), frame(other.frame_));
    peer_ = other.peer_;
    return *this;
}

Message::~Message() { zmq_msg_close(frame(frame_)); }

std::string_view Message::bytes() const noexcept {
    auto* const whole = frame(frame_);
    return {static_cast<const char*>(zmq_msg_data(whole)), zmq_msg_size(whole)};
}

bool Message::followed() const noexcept { return zmq_msg_more(frame(frame_)) != 0; }

std::string_view Message::key() const noexcept {
    const char* const user = zmq_msg_gets(frame(frame_), "User-Id");
    return user == nullptr ? std::string_view{} : std::string_view{user};
}

int Message::connection() const noexcept { return zmq_msg_get(frame(frame_), ZMQ_SRCFD); }

} // namespace malla::transport
