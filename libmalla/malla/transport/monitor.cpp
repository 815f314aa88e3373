// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/monitor.hpp"

#include "malla/base/deadline.hpp"
#include "malla/base/log.hpp"
#include "malla/transport/context.hpp"
#include "malla/transport/endpoint.hpp"
#include "malla/transport/message.hpp"
#include "malla/transport/monitor_tap.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <zmq.h>

namespace malla::transport {

namespace {

std::optional<LinkEvent::Kind> kind_of(std::uint16_t event, std::int32_t value) noexcept {
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
    case ZMQ_EVENT_ACCEPTED: return LinkEvent::Kind::connected;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return LinkEvent::Kind::ready;
    case ZMQ_EVENT_DISCONNECTED: return LinkEvent::Kind::disconnected;
    case ZMQ_EVENT_CONNECT_RETRIED: return LinkEvent::Kind::retrying;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        if (value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) return LinkEvent::Kind::refused;
        return LinkEvent::Kind::handshake_failed;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return LinkEvent::Kind::handshake_failed;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return LinkEvent::Kind::refused;
    default: return {};
    }
}

/// ZeroMQ tries to accept again and again, and tells of each try.
class Alarm {
public:
    void ring(std::string_view endpoint) {
        constexpr Clock::duration between_lines = std::chrono::seconds{1};
        const std::lock_guard lock{mutex_};
        const auto now = Clock::now();
        if (rang_ && now - *rang_ < between_lines) return;
        rang_ = now;
        log(LogLevel::error, std::string{endpoint} + " takes no connections, since no file descriptors are left: "
                                                     "raise the limit (ulimit -n), or have fewer peers");
    }

private:
    std::mutex mutex_;
    std::optional<Clock::time_point> rang_;
};

void ring_if_descriptors_are_gone(std::uint16_t event, std::int32_t value, std::string_view endpoint) {
    static auto* const alarm = new Alarm; // monitors use it to the very end
    if (event == ZMQ_EVENT_ACCEPT_FAILED && (value == EMFILE || value == ENFILE)) alarm->ring(endpoint);
}

// The first frame of an event: its number in 16 bits and its value in 32.
std::optional<LinkEvent> decode(std::string_view head, std::string_view endpoint) {
    std::uint16_t event = 0;
    std::int32_t value = 0;
    if (head.size() != sizeof event + sizeof value) return {};
    std::memcpy(&event, head.data(), sizeof event);
    std::memcpy(&value, head.data() + sizeof event, sizeof value);
    ring_if_descriptors_are_gone(event, value, endpoint);
    const auto kind = kind_of(event, value);
    if (!kind) return {};
    const bool has_connection = *kind == LinkEvent::Kind::connected || *kind == LinkEvent::Kind::disconnected;
    const auto spelled = canonical(endpoint); // as `bind` and `connect` spell it
    return LinkEvent{*kind, has_connection ? value : -1, spelled ? *spelled : std::string{endpoint}};
}

} // namespace

void MonitorTap::stop() noexcept {
    const std::scoped_lock lock{mutex_};
    if (handle_ != nullptr) zmq_socket_monitor(handle_, nullptr, 0);
    handle_ = nullptr;
}

Monitor::Monitor(void* handle, std::shared_ptr<MonitorTap> tap) noexcept : handle_{handle}, tap_{std::move(tap)} {
    auto size = sizeof fd_;
    zmq_getsockopt(handle_, ZMQ_FD, &fd_, &size);
}

Monitor::~Monitor() {
    tap_->stop();
    close_handle(handle_);
}

std::size_t Monitor::receive(std::vector<LinkEvent>& into, std::size_t max) {
    const std::scoped_lock lock{mutex_};
    std::size_t count = 0;
    Message head;
    Message endpoint;
    const auto next = [this](Message& frame) {
        auto* const raw = reinterpret_cast<zmq_msg_t*>(frame.frame_);
        return uninterrupted([&] { return zmq_msg_recv(raw, handle_, ZMQ_DONTWAIT); }) != -1;
    };
    while (count < max && next(head) && next(endpoint)) {
        auto event = decode(head.bytes(), endpoint.bytes());
        if (!event) continue;
        into.push_back(*std::move(event));
        ++count;
    }
    return count;
}

Source::Armed Monitor::arm() noexcept {
    const std::scoped_lock lock{mutex_};
    int events = 0;
    auto size = sizeof events;
    const int result = uninterrupted([&] { return zmq_getsockopt(handle_, ZMQ_EVENTS, &events, &size); });
    if (result != 0) return Armed::closed;
    return (events & ZMQ_POLLIN) != 0 ? Armed::readable : Armed::waiting;
}

} // namespace malla::transport
