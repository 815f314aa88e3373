// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/nodes.hpp"
#include "plugins/httpd/httpd.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace malla::test {

/// The port of a listener, or 0 when there is none of that name.
inline std::uint16_t port_of(const plugins::Httpd& httpd, std::string_view listener = "default") {
    for (const auto& each : httpd.listeners())
        if (each.name == listener) return each.port;
    return 0;
}

inline httplib::Client client(std::uint16_t port) {
    httplib::Client client{"127.0.0.1", port};
    client.set_read_timeout(std::chrono::seconds{60});
    return client;
}

/// What a GET gives: "CODE BODY", or why there is no answer.
inline std::string get(std::uint16_t port, const std::string& path) {
    const auto answer = client(port).Get(path);
    if (!answer) return httplib::to_string(answer.error());
    return std::to_string(answer->status) + ' ' + answer->body;
}

/// A connection on which a test sends bytes of its own.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{60, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }
    void send(std::string_view bytes) const { (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    /// All until the other side closes.
    [[nodiscard]] std::string receive() const {
        std::string all;
        char block[4096];
        for (ssize_t got = 0; (got = ::recv(socket_, block, sizeof block, 0)) > 0;)
            all.append(block, static_cast<std::size_t>(got));
        return all;
    }
    /// The first line of what comes.
    [[nodiscard]] std::string first_line() const {
        const std::string all = receive();
        return all.substr(0, all.find('\r'));
    }

private:
    int socket_;
    bool connected_ = false;
};

} // namespace malla::test
