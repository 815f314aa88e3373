// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/discovery/relay_sink.hpp"
#include "malla/transport/message.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace malla {

/// Those who call a node through its brokers: what they sent waits here until it is read, as in a socket, and what is
/// sent to them goes to their broker. Each is a `Peer` whose way is not 0. Any thread.
class RelayedCallers final : public discovery::RelaySink {
public:
    /// What waits at most; a call beyond that is answered `busy`.
    static constexpr std::size_t max_waiting_bytes = 16 * 1024 * 1024;

    /// Called without the mutex: something waits to be read; and a caller is gone.
    struct Handlers {
        std::function<void()> there;
        std::function<void(transport::Peer)> gone;
    };

    explicit RelayedCallers(Handlers handlers) : handlers_{std::move(handlers)} {}

    void way_up(std::uint32_t way, std::shared_ptr<transport::Socket> socket) override;
    void way_down(std::uint32_t way) override;
    void take(std::uint32_t way, const wire::Relay& frame) override;
    void end(std::uint32_t way, std::uint32_t circuit) override;

    /// Appends what is there, `max` messages at most.
    void receive(std::vector<transport::Message>& into, std::size_t max);
    transport::Sent send_to(transport::Peer peer, std::string_view frame);
    /// The key that the caller has, as his broker says.
    [[nodiscard]] std::string key_of(transport::Peer peer) const;

private:
    const Handlers handlers_;
    std::atomic<std::size_t> waiting_ = 0; ///< messages
    mutable std::mutex mutex_;
    std::size_t waiting_bytes_ = 0;
    std::deque<transport::Message> inbox_;
    std::unordered_map<std::uint32_t, std::shared_ptr<transport::Socket>> ways_;
    std::unordered_map<transport::Peer, std::string> keys_;
};

} // namespace malla
