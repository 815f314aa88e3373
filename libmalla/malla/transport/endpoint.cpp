// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/endpoint.hpp"

#include "malla/transport/key.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace malla::transport {

namespace {

struct HostPort {
    std::string host; // without brackets
    std::string port;
    bool bracketed;
};

std::optional<std::string_view> after(std::string_view text, std::string_view prefix) noexcept {
    if (!text.starts_with(prefix)) return {};
    return text.substr(prefix.size());
}

Status invalid(std::string_view endpoint) { return Status{"endpoint_invalid", endpoint}; }

/// "*" for any port, else a number without leading zeros.
std::optional<std::string> spelled_port(std::string_view text) {
    if (text == "*") return "*";
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return port == 0 ? "*" : std::to_string(port);
}

std::optional<HostPort> split(std::string_view rest) {
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) return {};
    auto host = rest.substr(0, colon);
    auto port = spelled_port(rest.substr(colon + 1));
    if (!port) return {};
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host.empty() || (!bracketed && host.find(':') != std::string_view::npos)) return {};
    return HostPort{std::string{host}, *std::move(port), bracketed};
}

std::optional<std::string> spelled_v4(const std::string& host) {
    in_addr address{};
    if (inet_pton(AF_INET, host.c_str(), &address) != 1) return {};
    std::array<char, INET_ADDRSTRLEN> text{};
    return inet_ntop(AF_INET, &address, text.data(), text.size());
}

std::optional<std::string> spelled_v6(const std::string& host) {
    const auto percent = std::min(host.find('%'), host.size());
    in6_addr address{};
    if (inet_pton(AF_INET6, host.substr(0, percent).c_str(), &address) != 1) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (IN6_IS_ADDR_V4MAPPED(&address) != 0) return inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
    inet_ntop(AF_INET6, &address, text.data(), text.size());
    return '[' + (text.data() + host.substr(percent)) + ']';
}

/// The host as it stands in an endpoint, if it is numeric or "*".
std::optional<std::string> spelled_host(const HostPort& parts) {
    if (parts.bracketed) return spelled_v6(parts.host);
    if (parts.host == "*") return "*";
    return spelled_v4(parts.host);
}

bool is_name(std::string_view host) noexcept {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return host.size() <= 253 && host.find_first_not_of(letters) == std::string_view::npos;
}

std::optional<std::string> text_of(const sockaddr* address, socklen_t length) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(address, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) return {};
    return address->sa_family == AF_INET ? std::string{text.data()} : '[' + std::string{text.data()} + ']';
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses addresses_of(const std::string& host, const char* port, int family, int flags) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port, &hints, &found) != 0) found = nullptr;
    return Addresses{found, &freeaddrinfo};
}

std::optional<std::string> look_up(const std::string& name, int family) {
    const auto all = addresses_of(name, nullptr, family, 0);
    return all ? text_of(all->ai_addr, all->ai_addrlen) : std::nullopt;
}

bool is_loopback_host(const HostPort& parts) noexcept {
    if (parts.host == "localhost") return true;
    if (in_addr v4{}; inet_pton(AF_INET, parts.host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6{};
    if (inet_pton(AF_INET6, parts.host.c_str(), &v6) != 1) return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) != 0 || (IN6_IS_ADDR_V4MAPPED(&v6) != 0 && v6.s6_addr[12] == 127);
}

} // namespace

KeyedEndpoint split_key(std::string_view endpoint) noexcept {
    constexpr std::size_t key_length = 40;
    if (endpoint.size() <= key_length || endpoint[endpoint.size() - key_length - 1] != '#') return {endpoint, {}};
    return {endpoint.substr(0, endpoint.size() - key_length - 1), endpoint.substr(endpoint.size() - key_length)};
}

namespace {

Result<std::string> canonical_address(std::string_view endpoint) {
    for (const std::string_view scheme : {"ipc://", "inproc://"}) {
        if (const auto rest = after(endpoint, scheme)) {
            if (rest->empty() || rest->find('\0') != std::string_view::npos) return invalid(endpoint);
            return std::string{endpoint};
        }
    }
    const auto rest = after(endpoint, "tcp://");
    const auto parts = rest ? split(*rest) : std::nullopt;
    const auto host = parts ? spelled_host(*parts) : std::nullopt;
    if (!host) return invalid(endpoint);
    return "tcp://" + *host + ':' + parts->port;
}

Result<std::string> resolved_address(std::string_view endpoint) {
    if (auto numeric = canonical_address(endpoint)) return numeric;
    const auto rest = after(endpoint, "tcp://");
    const auto parts = rest ? split(*rest) : std::nullopt;
    if (!parts || parts->bracketed || !is_name(parts->host)) return invalid(endpoint);
    auto host = look_up(parts->host, AF_INET);
    if (!host) host = look_up(parts->host, AF_INET6);
    if (!host) return Status{"endpoint_unreachable", endpoint};
    return "tcp://" + *host + ':' + parts->port;
}

/// What `change` makes of the address, with the key that it had.
template <class Change>
Result<std::string> keeping_key(std::string_view endpoint, Change change) {
    const auto [address, key] = split_key(endpoint);
    auto changed = change(address);
    if (!changed) return changed;
    if (key.empty()) return changed;
    if (!is_key(key)) return invalid(endpoint);
    return *std::move(changed) + '#' + std::string{key};
}

} // namespace

Result<std::string> canonical(std::string_view endpoint) { return keeping_key(endpoint, canonical_address); }

Result<std::string> resolve(std::string_view endpoint) { return keeping_key(endpoint, resolved_address); }

std::optional<std::string> own_host_towards(std::string_view endpoint) {
    const auto rest = after(split_key(endpoint).address, "tcp://");
    const auto parts = rest ? split(*rest) : std::nullopt;
    if (!parts || parts->host == "*" || !spelled_host(*parts)) return {};
    const auto there = addresses_of(parts->host, "1", AF_UNSPEC, AI_NUMERICHOST);
    if (!there) return {};
    const int fd = ::socket(there->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return {};
    sockaddr_storage here{};
    socklen_t length = sizeof here;
    auto* const own = reinterpret_cast<sockaddr*>(&here);
    const bool known = ::connect(fd, there->ai_addr, there->ai_addrlen) == 0 && ::getsockname(fd, own, &length) == 0;
    ::close(fd);
    return known ? text_of(own, length) : std::nullopt;
}

bool is_loopback(std::string_view endpoint) {
    endpoint = split_key(endpoint).address;
    if (after(endpoint, "ipc://") || after(endpoint, "inproc://")) return true;
    const auto rest = after(endpoint, "tcp://");
    const auto parts = rest ? split(*rest) : std::nullopt;
    return parts && is_loopback_host(*parts);
}

} // namespace malla::transport
