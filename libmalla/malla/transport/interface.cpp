// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/interface.hpp"

#include "malla/transport/endpoint.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace malla::transport {

namespace {

constexpr std::string_view scheme = "tcp://";

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    [[nodiscard]] sockaddr* raw() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

std::optional<Address> address_of(std::string_view endpoint) {
    const auto canonical_form = canonical(endpoint);
    if (!canonical_form || !canonical_form->starts_with(scheme)) return std::nullopt;
    const auto text = split_key(*canonical_form).address.substr(scheme.size());
    const auto colon = text.rfind(':');
    std::string host{text.substr(0, colon)};
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), std::string{text.substr(colon + 1)}.c_str(), &hints, &found) != 0)
        return std::nullopt;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all{found, &freeaddrinfo};
    Address address;
    address.length = all->ai_addrlen;
    std::copy_n(reinterpret_cast<const char*>(all->ai_addr), all->ai_addrlen,
                reinterpret_cast<char*>(&address.storage));
    return address;
}

} // namespace

std::optional<std::string> host_facing(std::string_view endpoint) {
    auto there = has_wildcard_host(endpoint) ? std::nullopt : address_of(endpoint);
    if (!there) return std::nullopt;
    // Connecting a datagram socket sends nothing, and has the system choose the way.
    const int fd = ::socket(there->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1) return std::nullopt;
    Address here;
    here.length = sizeof here.storage;
    const bool known =
        ::connect(fd, there->raw(), there->length) == 0 && ::getsockname(fd, here.raw(), &here.length) == 0;
    ::close(fd);
    std::array<char, NI_MAXHOST> text{};
    if (!known || getnameinfo(here.raw(), here.length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
        return std::nullopt;
    if (here.storage.ss_family == AF_INET) return text.data();
    return '[' + std::string{text.data()} + ']';
}

bool has_wildcard_host(std::string_view endpoint) noexcept {
    constexpr std::array<std::string_view, 3> wildcards{"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};
    return std::ranges::any_of(wildcards, [&](std::string_view each) { return endpoint.starts_with(each); });
}

} // namespace malla::transport
