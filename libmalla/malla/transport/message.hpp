// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace malla::transport {

/// Who sent a message, as the ROUTER that received it numbers its connections. It means nothing
/// to another socket, and a peer that connects again is another `Peer`.
class Peer {
public:
    constexpr Peer() noexcept = default;
    constexpr explicit Peer(std::uint32_t number, std::uint32_t way = 0) noexcept : number_{number}, way_{way} {}

    [[nodiscard]] constexpr std::uint32_t number() const noexcept { return number_; }
    /// 0: it is connected to the ROUTER. Else others number it, and it is reached through them only.
    [[nodiscard]] constexpr std::uint32_t way() const noexcept { return way_; }

    friend constexpr auto operator<=>(const Peer&, const Peer&) noexcept = default;

private:
    std::uint32_t number_ = 0;
    std::uint32_t way_ = 0;
};

/// One received message. Owns its bytes, which were never copied; moves for free.
class Message {
public:
    Message() noexcept;
    /// One that came from `peer` inside of another one.
    Message(std::string_view bytes, Peer peer);
    Message(Message&& other) noexcept;
    Message& operator=(Message&& other) noexcept;
    ~Message();

    /// Valid as long as this message is neither moved nor destroyed.
    [[nodiscard]] std::string_view bytes() const noexcept;

    /// The sender; meaningful for messages of a ROUTER only.
    [[nodiscard]] Peer peer() const noexcept { return peer_; }

    /// Whether it was sent together with others, of which the next one received is one.
    [[nodiscard]] bool followed() const noexcept;

    /// The key that the sender's connection was let in with; empty where there are no credentials.
    [[nodiscard]] std::string_view key() const noexcept;

    /// The number of the connection that brought it, the same as in a `LinkEvent`; -1 over inproc.
    /// A number is used again once its connection is gone: a message with a known number and a new
    /// `peer()` says so before the event does.
    [[nodiscard]] int connection() const noexcept;

private:
    friend class Socket;
    friend class Monitor;

    static constexpr std::size_t frame_bytes = 64;

    alignas(void*) mutable std::byte frame_[frame_bytes];
    Peer peer_;
};

} // namespace malla::transport

template <>
struct std::hash<malla::transport::Peer> {
    std::size_t operator()(const malla::transport::Peer& peer) const noexcept {
        return peer.number() ^ (std::size_t{peer.way()} << 32U);
    }
};
