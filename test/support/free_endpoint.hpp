// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace malla::test {

/// Whether nobody listens at a port of the loopback interface.
inline bool nobody_listens(std::uint16_t port) {
    const int taken = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(taken, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free = ::bind(taken, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(taken);
    return is_free;
}

/// Takes a port for this process until its end, before other tests that run at the same time; the system tests keep
/// the same files.
inline bool take(std::uint16_t port) {
    const auto path = std::filesystem::temp_directory_path() / ("malla-test-port-" + std::to_string(port));
    const int lock = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0) return false; // another user's
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return true;
    ::close(lock);
    return false;
}

/// A loopback endpoint at which nobody listens, for this process alone and as often as it likes: outside the range
/// from which the system takes ports by itself.
inline std::string free_endpoint() {
    std::uint16_t first = 0;
    std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first;
    for (auto port = static_cast<std::uint16_t>(10'000 + ::getpid() % 5'000); port < first; ++port)
        if (nobody_listens(port) && take(port)) return "tcp://127.0.0.1:" + std::to_string(port);
    throw std::runtime_error("no free port");
}

} // namespace malla::test
