// SPDX-License-Identifier: Apache-2.0
#include "plugins/httpd/listening_socket.hpp"

#include "plugins/httpd/listener_options.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace malla::plugins {

namespace {

constexpr int backlog = 128;

Status why(const std::string& address, std::uint16_t port, int error) {
    const std::string endpoint = endpoint_text(address, port);
    if (error == EADDRINUSE) return Status{"address_in_use", endpoint};
    return Status{"not_allowed"}.set_info("Cannot listen on " + endpoint + ": " +
                                          std::generic_category().message(error));
}

struct FreeAddresses {
    void operator()(addrinfo* addresses) const noexcept { ::freeaddrinfo(addresses); }
};

std::uint16_t port_of(int descriptor) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
    return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

} // namespace

Result<ListeningSocket> ListeningSocket::open(const std::string& address, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
        return why(address, port, EADDRNOTAVAIL);
    const std::unique_ptr<addrinfo, FreeAddresses> owned{found};
    Descriptor socket{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open()) return why(address, port, errno);
    // Connections that ended a moment ago do not count as somebody who has the port.
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(socket.get(), backlog) != 0)
        return why(address, port, errno);
    const auto picked = port_of(socket.get());
    return ListeningSocket{std::move(socket), picked};
}

} // namespace malla::plugins
