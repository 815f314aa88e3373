// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/socket.hpp"

#include "malla/transport/context.hpp"
#include "malla/transport/endpoint.hpp"
#include "malla/transport/monitor_tap.hpp"
#include "malla/transport/options.hpp"
#include "malla/transport/socket_turn.hpp"

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

namespace malla::transport {

namespace {

Result<std::string> last_endpoint(void* handle) {
    std::array<char, 512> text{};
    auto size = text.size();
    if (uninterrupted([&] { return zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, text.data(), &size); }) != 0) {
        return status_of(errno, "last endpoint");
    }
    return canonical(text.data()); // ZeroMQ writes an IPv4 address as one of IPv6
}

/// Whether a process listens at an ipc path: ZeroMQ itself would silently take the path from it.
bool somebody_listens(const std::string& endpoint) noexcept {
    constexpr std::string_view scheme = "ipc://";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!endpoint.starts_with(scheme) || endpoint.size() - scheme.size() >= sizeof address.sun_path) return false;
    endpoint.copy(address.sun_path, endpoint.size() - scheme.size(), scheme.size());
    if (address.sun_path[0] == '@') return false; // an abstract name cannot be taken
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1) return false;
    const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const bool alive = result == 0 || errno == EAGAIN;
    ::close(fd);
    return alive;
}

bool is_wildcard(std::string_view endpoint) noexcept {
    return endpoint.starts_with("tcp://*:") || (endpoint.starts_with("tcp://") && endpoint.ends_with(":*"));
}

/// Makes ZeroMQ send the events of the socket `handle` to the socket `pair`.
bool send_events(void* handle, void* pair) {
    static std::atomic<std::uint64_t> count{0};
    constexpr int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                           ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                           ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                           ZMQ_EVENT_ACCEPT_FAILED;
    const auto name = "inproc://malla.monitor." + std::to_string(++count);
    // With any limit, an owner that does not drain would stop ZeroMQ's own thread, and so every socket.
    const int unlimited = 0;
    return uninterrupted([&] { return zmq_setsockopt(pair, ZMQ_RCVHWM, &unlimited, sizeof unlimited); }) == 0 &&
           uninterrupted([&] { return zmq_socket_monitor(handle, name.c_str(), events); }) == 0 &&
           uninterrupted([&] { return zmq_connect(pair, name.c_str()); }) == 0;
}

Status closed() { return Status{"internal_error"}.set_info("The socket is closed"); }

} // namespace

Socket::Socket(Pattern pattern, const Profile& profile, void* handle)
    : pattern_{pattern}, max_message_bytes_{profile.max_message_bytes}, credentials_{profile.credentials}, handle_{
                                                                                                               handle} {
    auto size = sizeof fd_;
    zmq_getsockopt(handle_, ZMQ_FD, &fd_, &size);
}

Result<std::unique_ptr<Socket>> Socket::open(Pattern pattern, const Profile& profile) {
    auto handle = open_handle(type_of(pattern));
    if (!handle) return std::move(handle).error();
    if (auto applied = apply_profile(*handle, pattern, profile); !applied) {
        close_handle(*handle);
        return std::move(applied).error();
    }
    try {
        return std::unique_ptr<Socket>{new Socket{pattern, profile, *handle}};
    } catch (const std::system_error& error) {
        close_handle(*handle);
        return Status{"internal_error"}.set_info(error.what());
    }
}

Socket::~Socket() { close(); }

Result<std::string> Socket::bind(std::string_view endpoint) {
    auto spelled = canonical(endpoint);
    if (!spelled) return spelled;
    if (somebody_listens(*spelled)) return Status{"address_in_use", *spelled};
    const Turn turn{*this};
    if (handle_ == nullptr) return closed();
    if (uninterrupted([&] { return zmq_bind(handle_, spelled->c_str()); }) != 0) return status_of(errno, *spelled);
    return last_endpoint(handle_);
}

Result<void> Socket::unbind(std::string_view endpoint) {
    const std::string text{endpoint};
    const Turn turn{*this};
    if (handle_ == nullptr) return {};
    if (uninterrupted([&] { return zmq_unbind(handle_, text.c_str()); }) != 0) return Status{"endpoint_invalid", text};
    return {};
}

Result<void> Socket::connect(std::string_view endpoint) {
    auto spelled = canonical(endpoint);
    if (!spelled) return std::move(spelled).error();
    if (is_wildcard(*spelled)) return Status{"endpoint_invalid", endpoint};
    const Turn turn{*this};
    if (handle_ == nullptr) return closed();
    if (connected_.contains(*spelled)) return {};
    if (auto known = expect_key(handle_, *spelled, credentials_.get()); !known) return known;
    const std::string address{split_key(*spelled).address};
    if (uninterrupted([&] { return zmq_connect(handle_, address.c_str()); }) != 0) return status_of(errno, *spelled);
    connected_.insert(*std::move(spelled));
    return {};
}

Result<void> Socket::disconnect(std::string_view endpoint) {
    auto spelled = canonical(endpoint);
    if (!spelled) return std::move(spelled).error();
    const Turn turn{*this};
    if (handle_ == nullptr) return {};
    if (connected_.erase(*spelled) == 0) return Status{"endpoint_invalid", endpoint};
    // It has ended by itself, and ZeroMQ forgot it, when the peer broke the protocol.
    const std::string address{split_key(*spelled).address};
    uninterrupted([&] { return zmq_disconnect(handle_, address.c_str()); });
    return {};
}

Result<void> Socket::subscribe(std::string_view prefix) { return change_subscription(prefix, true); }

Result<void> Socket::unsubscribe(std::string_view prefix) { return change_subscription(prefix, false); }

Result<void> Socket::change_subscription(std::string_view prefix, bool add) {
    assert(pattern_ == Pattern::sub);
    const Turn turn{*this};
    if (handle_ == nullptr) return closed();
    const int option = add ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE;
    if (uninterrupted([&] { return zmq_setsockopt(handle_, option, prefix.data(), prefix.size()); }) != 0) {
        return status_of(errno, prefix);
    }
    return {};
}

Result<std::unique_ptr<Monitor>> Socket::monitor() {
    auto pair = open_handle(ZMQ_PAIR);
    if (!pair) return std::move(pair).error();
    const Turn turn{*this};
    if (handle_ == nullptr || tap_ != nullptr) {
        close_handle(*pair);
        return handle_ == nullptr ? closed() : Status{"internal_error"}.set_info("The socket has a monitor already");
    }
    tap_ = std::make_shared<MonitorTap>(handle_);
    std::unique_ptr<Monitor> monitor{new Monitor{*pair, tap_}};
    if (!send_events(handle_, *pair)) return status_of(errno, "monitor");
    return monitor;
}

void Socket::close(Clock::duration flush) noexcept {
    std::unique_lock lock{mutex_};
    void* const handle = std::exchange(handle_, nullptr);
    if (handle == nullptr) return;
    wake_.wake();
    none_waiting_.wait(lock, [this] { return waiting_ == 0; }); // they may be in ::poll on its descriptor
    if (tap_) tap_->stop();
    close_handle(handle, flush);
}

std::map<std::string, std::int64_t> Socket::options() {
    const Turn turn{*this};
    if (handle_ == nullptr) return {};
    return read_options(handle_);
}

} // namespace malla::transport
