// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/event_counter.hpp"
#include "malla/discovery/view.hpp"
#include "malla/transport/socket.hpp"
#include "malla/wire/event.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace malla::discovery {

/// Sends a node's events over its links to all of its rendezvous, and to those who listen to the
/// node itself. Any thread.
class EventSender {
public:
    struct Source {
        NodeId node;
        std::string name;
        std::string cluster;
    };
    /// Publishes topic and message, in one frame, to those who listen to this node.
    using PublishHere = std::function<void(std::string)>;

    EventSender(Source source, PublishHere publish_here)
        : source_{std::move(source)}, publish_here_{std::move(publish_here)} {}
    EventSender(const EventSender&) = delete;
    EventSender& operator=(const EventSender&) = delete;

    /// Whether anybody can be reached without a link: a node that others join through, and that joins
    /// through nobody, is a rendezvous enough.
    void set_alone(bool alone);

    void up(LinkId link, std::shared_ptr<transport::Socket> socket);
    void down(LinkId link);
    /// A PONG came.
    void answered(LinkId link, std::uint64_t nonce);
    /// Ends all waiting; nothing is published any more.
    void close();

    /// Hands the event to all rendezvous that have room for it. Without any it went to nobody:
    /// `service_not_available` when none is connected, `busy` when none has room. `parameter_invalid`,
    /// `body_too_large`.
    [[nodiscard]] Result<void> publish(std::string_view topic, wire::Content content, std::string_view body);
    /// Waits until one rendezvous has read all that was published before. `deadline_exceeded` and
    /// `peer_lost` when nobody knows whether one has.
    [[nodiscard]] Result<void> flush(Deadline deadline);

private:
    struct Way {
        std::shared_ptr<transport::Socket> socket;
        std::uint64_t missed = 0; ///< the last event that it did not take, as `published_` counts them
        std::uint64_t answered = 0;
        std::uint64_t asked = 0;
    };

    [[nodiscard]] Result<void> send(const std::string& frame);
    [[nodiscard]] bool ask(std::vector<LinkId>& asked, std::uint64_t nonce);

    const Source source_;
    const PublishHere publish_here_;
    std::mutex mutex_; // guards all below; events leave in the order of their numbers
    std::condition_variable changed_;
    EventCounter counter_;
    std::map<LinkId, Way> ways_;
    std::uint64_t published_ = 0;
    std::uint64_t flushed_ = 0;
    std::uint64_t nonce_ = 0;
    bool alone_ = false;
    bool closed_ = false;
};

} // namespace malla::discovery
