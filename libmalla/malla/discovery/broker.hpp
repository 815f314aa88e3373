// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/shared_directory.hpp"
#include "malla/discovery/timing.hpp"
#include "malla/transport/credentials.hpp"
#include "malla/transport/poller.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace malla::discovery {

/// Where nodes meet: it tells each of all others, and publishes their events. It keeps nothing on
/// disk. It takes part only in calls between nodes that cannot reach each other, and reads no body.
///
/// Everything happens on the thread of its poller, which must outlive it; open and destroy it
/// there, or while that poller does not run.
class Broker {
public:
    struct Options {
        /// The first bind is the lock: it fails with `address_in_use` while another broker is
        /// there. All of them are tcp, or one is ipc.
        std::vector<std::string> endpoints{"tcp://127.0.0.1:6255"};
        std::uint16_t subscribe_port = 0; ///< 0: the system chooses
        std::string cluster = "malla";
        /// Serves nodes of any other cluster as well; those of different clusters never meet.
        bool any_cluster = false;
        std::string name = "broker";
        /// Whom it lets in; null: everybody.
        std::shared_ptr<const transport::Credentials> credentials;
        /// Allows endpoints that other machines reach, without credentials.
        bool insecure = false;
        /// Passes on calls between nodes that cannot reach each other.
        bool relays = false;
        Timing timing;
    };

    /// `address_in_use`, `address_unavailable`, `endpoint_invalid`, `credentials_required`, `usage`.
    [[nodiscard]] static Result<std::unique_ptr<Broker>> open(transport::Poller& poller, Options options);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    [[nodiscard]] NodeId id() const noexcept;
    /// As bound, with the ports that were chosen, and the key that one has to know. Any thread.
    [[nodiscard]] const std::vector<std::string>& endpoints() const noexcept;
    /// What it knows of its cluster. Any thread.
    [[nodiscard]] const SharedDirectory& directory() const noexcept;

    /// Tells everyone that `node` left, as its BYE with that sequence would.
    void farewell(NodeId node, std::uint64_t sequence);
    /// The list of allowed keys is another: ends all connections of those who listen. They come back at once if they
    /// are let in.
    void readmit();
    /// Stops, and gives what was sent last up to `flush` to leave.
    void close(Clock::duration flush);

private:
    class Parts;
    explicit Broker(std::unique_ptr<Parts> parts) noexcept;

    std::unique_ptr<Parts> parts_;
};

} // namespace malla::discovery
