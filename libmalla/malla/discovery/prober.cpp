// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/prober.hpp"

#include "malla/base/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace malla::discovery {

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

std::optional<Address> tcp_address(std::string_view rest) {
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::uint16_t port = 0;
    const std::string_view digits = rest.substr(colon + 1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), port).ec != std::errc{}) return std::nullopt;
    std::string host{rest.substr(0, colon)};
    Address address;
    if (host.size() > 2 && host.front() == '[') {
        auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        address.length = sizeof in6;
        host = host.substr(1, host.size() - 2);
        return ::inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) == 1 ? std::optional{address} : std::nullopt;
    }
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    address.length = sizeof in;
    return ::inet_pton(AF_INET, host.c_str(), &in.sin_addr) == 1 ? std::optional{address} : std::nullopt;
}

std::optional<Address> ipc_address(std::string_view path) {
    Address address;
    auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
    if (path.empty() || path.size() >= sizeof un.sun_path) return std::nullopt;
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path.data(), path.size());
    if (path.front() == '@') un.sun_path[0] = '\0';
    address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path[0] == '@' ? 0 : 1));
    return address;
}

std::optional<Address> address_of(std::string_view endpoint) {
    constexpr std::string_view tcp = "tcp://";
    constexpr std::string_view ipc = "ipc://";
    if (endpoint.starts_with(tcp)) return tcp_address(endpoint.substr(tcp.size()));
    if (endpoint.starts_with(ipc)) return ipc_address(endpoint.substr(ipc.size()));
    return std::nullopt;
}

/// A socket whose connecting has begun; -1 if it failed at once.
int begin_connect(const Address& address) {
    const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0) return fd;
    if (errno == EINPROGRESS) return fd;
    ::close(fd);
    return -1;
}

bool is_connected(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

} // namespace

Prober::Prober(transport::Poller& poller, Clock::duration limit, Done done)
    : poller_{poller}, limit_{limit}, done_{std::move(done)}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    if (epoll_ < 0) log(LogLevel::error, "no file descriptor left to look after other nodes");
    else poller_.add(epoll_, [this] { on_ready(); });
}

Prober::~Prober() {
    for (auto& [node, attempt] : tries_) hang_up(attempt);
    if (epoll_ < 0) return;
    poller_.remove(epoll_);
    ::close(epoll_);
}

void Prober::probe(NodeId node, const std::vector<std::string>& endpoints) {
    const auto [found, added] = tries_.try_emplace(node);
    if (!added) return;
    std::ranges::copy_if(endpoints, std::back_inserter(found->second.endpoints),
                         [](const std::string& endpoint) { return address_of(endpoint).has_value(); });
    if (found->second.endpoints.empty() || epoll_ < 0)
        found->second.limit = poller_.at(Clock::now(), [this, node] { end(node, true); });
    else next(node);
}

void Prober::next(NodeId node) {
    Try& attempt = tries_.at(node);
    hang_up(attempt);
    while (!attempt.endpoints.empty() && attempt.fd < 0) {
        attempt.fd = begin_connect(*address_of(attempt.endpoints.back()));
        attempt.endpoints.pop_back();
    }
    attempt.limit = poller_.at(Clock::now() + (attempt.fd < 0 ? Clock::duration::zero() : limit_), [this, node] {
        const auto found = tries_.find(node);
        if (found == tries_.end()) return;
        if (found->second.endpoints.empty()) end(node, false);
        else next(node);
    });
    if (attempt.fd < 0) return;
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.fd = attempt.fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, attempt.fd, &event);
}

void Prober::on_ready() {
    std::array<epoll_event, 16> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        const auto found = std::ranges::find_if(tries_, [fd](const auto& each) { return each.second.fd == fd; });
        if (found == tries_.end()) continue;
        const NodeId node = found->first;
        if (is_connected(fd)) end(node, true);
        else if (found->second.endpoints.empty()) end(node, false);
        else next(node);
    }
}

void Prober::hang_up(Try& attempt) {
    poller_.cancel(attempt.limit);
    if (attempt.fd >= 0) ::close(attempt.fd); // which takes it out of the epoll set, too
    attempt.fd = -1;
}

void Prober::end(NodeId node, bool alive) {
    auto taken = tries_.extract(node);
    if (taken.empty()) return;
    hang_up(taken.mapped());
    done_(node, alive);
}

} // namespace malla::discovery
