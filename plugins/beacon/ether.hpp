// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malla::plugins {

/// Where a beacon is sent, as a URL says it: beacon://GROUP:PORT[?interface=NAME].
struct BeaconOptions {
    in_addr group{};
    std::uint16_t port = 0;
    std::string interface; ///< empty: the one that the system chooses, and the loopback

    /// `endpoint_invalid`, with what is wrong.
    [[nodiscard]] static Result<BeaconOptions> parse(std::string_view url);
};

/// The two sockets of a beacon: one hears the group, the other sends to it and hears the answers. Never waits.
class Ether {
public:
    struct Datagram {
        std::string bytes;
        sockaddr_in from{};

        [[nodiscard]] std::string address() const;
    };

    /// What is `local` never leaves this machine. `endpoint_unreachable` when there is no such interface, or the like.
    [[nodiscard]] static Result<Ether> open(const BeaconOptions& options, bool local, bool to_all);
    Ether(Ether&& other) noexcept;
    Ether& operator=(Ether&&) = delete;
    ~Ether();

    /// To all who listen.
    void send(std::string_view bytes) const;
    void answer(std::string_view bytes, const sockaddr_in& to) const;
    /// Nothing when nothing has come. What is too long for a frame comes cut off.
    [[nodiscard]] std::optional<Datagram> receive(int fd) const;
    [[nodiscard]] int group_fd() const noexcept { return group_; }
    [[nodiscard]] int answer_fd() const noexcept { return out_; }

private:
    Ether() = default;
    [[nodiscard]] Result<void> join(const BeaconOptions& options);
    [[nodiscard]] Result<void> bind(const BeaconOptions& options, bool local);

    int group_ = -1;
    int out_ = -1;
    sockaddr_in to_{};
    std::vector<int> ways_; ///< the interfaces to send on; 0: the system's choice
};

} // namespace malla::plugins
