// SPDX-License-Identifier: Apache-2.0
#include "plugins/beacon/ether.hpp"

#include "malla/discovery/finder_url.hpp"
#include "plugins/beacon/frame.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace malla::plugins {

namespace {

constexpr std::uint16_t default_port = 6256;
constexpr int default_way = 0;

template <class Value>
bool set(int fd, int level, int option, const Value& value) {
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

int loopback_way() { return static_cast<int>(::if_nametoindex("lo")); }

ip_mreqn request_for(const in_addr& group, int way) {
    ip_mreqn request{};
    request.imr_multiaddr = group;
    request.imr_ifindex = way;
    return request;
}

Status failed(const std::string& what) {
    return Status{"endpoint_unreachable", what}.set_info(what + ": " + std::strerror(errno));
}

} // namespace

Result<BeaconOptions> BeaconOptions::parse(std::string_view url) {
    auto parsed = discovery::FinderUrl::parse(url, {"interface"});
    if (!parsed) return std::move(parsed).error();
    const auto place = discovery::HostPort::parse(parsed->place, default_port);
    BeaconOptions options;
    const bool address = place && ::inet_pton(AF_INET, place->host.c_str(), &options.group) == 1;
    if (!address || !IN_MULTICAST(ntohl(options.group.s_addr)))
        return discovery::bad_finder_url(url, "write beacon://GROUP:PORT, with a group such as 239.255.77.65");
    options.port = place->port;
    if (const auto name = parsed->settings.find("interface"); name != parsed->settings.end())
        options.interface = name->second;
    return options;
}

Result<Ether> Ether::open(const BeaconOptions& options, bool local, bool to_all) {
    Ether ether;
    ether.group_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ether.out_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (ether.group_ < 0 || ether.out_ < 0) return failed("no socket");
    if (!options.interface.empty()) {
        const auto way = static_cast<int>(::if_nametoindex(options.interface.c_str()));
        if (way == 0) return failed("interface " + options.interface);
        ether.ways_ = {way};
    } else if (to_all) ether.ways_ = {loopback_way(), default_way};
    else ether.ways_ = {local ? loopback_way() : default_way};
    if (auto bound = ether.bind(options, local); !bound) return std::move(bound).error();
    if (auto joined = ether.join(options); !joined) return std::move(joined).error();
    return ether;
}

Result<void> Ether::bind(const BeaconOptions& options, bool local) {
    to_.sin_family = AF_INET;
    to_.sin_addr = options.group;
    to_.sin_port = htons(options.port);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    const int hops = local ? 0 : 1;
    const bool done = set(group_, SOL_SOCKET, SO_REUSEADDR, 1) && set(group_, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
                      ::bind(group_, reinterpret_cast<const sockaddr*>(&to_), sizeof to_) == 0 &&
                      set(out_, IPPROTO_IP, IP_MULTICAST_TTL, hops) &&
                      ::bind(out_, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
    return done ? Result<void>{} : failed("cannot bind the group");
}

/// Without an interface the system may have no way to choose, as a machine without a network has none.
Result<void> Ether::join(const BeaconOptions& options) {
    const auto ways = options.interface.empty() ? std::vector{loopback_way(), default_way} : ways_;
    bool any = false;
    for (const int way : ways) any |= set(group_, IPPROTO_IP, IP_ADD_MEMBERSHIP, request_for(options.group, way));
    return any ? Result<void>{} : failed("cannot join the group");
}

Ether::Ether(Ether&& other) noexcept
    : group_{std::exchange(other.group_, -1)}, out_{std::exchange(other.out_, -1)}, to_{other.to_}, ways_{std::move(
                                                                                                        other.ways_)} {}

Ether::~Ether() {
    if (group_ >= 0) ::close(group_);
    if (out_ >= 0) ::close(out_);
}

void Ether::send(std::string_view bytes) const {
    for (const int way : ways_)
        if (set(out_, IPPROTO_IP, IP_MULTICAST_IF, request_for({}, way))) answer(bytes, to_);
}

void Ether::answer(std::string_view bytes, const sockaddr_in& to) const {
    (void)::sendto(out_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

std::optional<Ether::Datagram> Ether::receive(int fd) const {
    std::array<char, BeaconFrame::max_bytes + 1> buffer{};
    Datagram datagram;
    socklen_t size = sizeof datagram.from;
    const auto got =
        ::recvfrom(fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&datagram.from), &size);
    if (got < 0) return std::nullopt;
    datagram.bytes.assign(buffer.data(), static_cast<std::size_t>(got));
    return datagram;
}

std::string Ether::Datagram::address() const {
    std::array<char, INET_ADDRSTRLEN> text{};
    return ::inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size()) != nullptr ? text.data() : "";
}

} // namespace malla::plugins
