// SPDX-License-Identifier: Apache-2.0
#include "cli/connects.hpp"

#include "malla/transport/endpoint.hpp"

#include <cerrno>
#include <memory>
#include <string>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace malla::cli {

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses address_of(std::string_view endpoint) {
    constexpr std::string_view scheme = "tcp://";
    addrinfo* found = nullptr;
    const auto resolved = transport::resolve(endpoint);
    if (resolved && resolved->starts_with(scheme)) {
        const std::string address{std::string_view{transport::split_key(*resolved).address}.substr(scheme.size())};
        const auto colon = address.rfind(':');
        std::string host = address.substr(0, colon);
        if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
        addrinfo wanted{};
        wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
        wanted.ai_socktype = SOCK_STREAM;
        if (::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &wanted, &found) != 0) found = nullptr;
    }
    return {found, &::freeaddrinfo};
}

bool is_connected(int socket, Deadline deadline) {
    pollfd one{socket, POLLOUT, 0};
    if (::poll(&one, 1, deadline.poll_timeout(Clock::now())) <= 0) return false;
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

} // namespace

bool takes_connections(std::string_view endpoint, Deadline deadline) {
    const auto address = address_of(endpoint);
    if (!address) return false;
    const int socket = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    const bool begun = ::connect(socket, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS;
    const bool connected = begun && is_connected(socket, deadline);
    ::close(socket);
    return connected;
}

} // namespace malla::cli
