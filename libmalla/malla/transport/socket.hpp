// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/transport/message.hpp"
#include "malla/transport/monitor.hpp"
#include "malla/transport/source.hpp"
#include "malla/transport/wake.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malla::transport {

class Credentials;

enum class Pattern { router, dealer, pub, sub };

/// What may differ between sockets; every other option is the same for all of them.
struct Profile {
    /// Over this a message is neither sent nor taken. A peer that sends one loses its connection.
    std::size_t max_message_bytes = 8 * 1024 * 1024 + 64 * 1024;
    /// Messages queued for one peer, each way. A backstop: keep far fewer under way.
    int high_water_mark = 1000;
    /// Null: open to everybody. Otherwise a ROUTER or PUB lets in only those that these let in, and a DEALER or
    /// SUB shows them. A ROUTER drops messages of those who are no longer let in.
    std::shared_ptr<const Credentials> credentials{};
};

/// What became of a message. `sent` says only that ZeroMQ has it, not that anybody will.
enum class Sent {
    sent,
    full,        ///< no peer is connected, or its queue is full; ZeroMQ does not have the message
    unreachable, ///< the ROUTER has no such peer, or the socket is closed
    too_large,   ///< over `Profile::max_message_bytes`
};

/// A ZeroMQ socket with its mutex: any thread may call anything at any time, and no call waits
/// for the network but those that take a `Deadline`. Each frame is a message of its own.
class Socket final : public Source {
public:
    /// Messages taken from a socket before another gets its turn.
    static constexpr std::size_t batch = 64;

    /// Fails only when the process has no descriptors left: `internal_error`.
    [[nodiscard]] static Result<std::unique_ptr<Socket>> open(Pattern pattern, const Profile& profile = {});
    /// Closes at once, without a flush.
    ~Socket() override;

    /// Returns the endpoint with the port that was chosen. `address_in_use`, `address_unavailable`, `endpoint_invalid`.
    Result<std::string> bind(std::string_view endpoint);
    /// Ends its listening and its connections. `endpoint_invalid` if it was not bound.
    Result<void> unbind(std::string_view endpoint);
    /// Begins to connect, and connects again whenever the connection breaks, unless the peer broke
    /// the protocol: then the monitor tells of `disconnected` without a `retrying` after it, and
    /// only a new socket helps. Takes a numeric address, see `resolve`. Twice is once. With credentials,
    /// `endpoint` ends in `#KEY` unless they know the key: `credentials_required`. All endpoints of a socket
    /// have one key.
    Result<void> connect(std::string_view endpoint);
    /// The connection ends a moment later. `endpoint_invalid` if it was not connected.
    Result<void> disconnect(std::string_view endpoint);

    /// SUB only: asks for messages that begin with `prefix`. The publisher hears of it only
    /// while some thread receives from this socket or waits for it.
    Result<void> subscribe(std::string_view prefix);
    Result<void> unsubscribe(std::string_view prefix);

    /// Any pattern but ROUTER. A PUB drops what a slow reader's queue has no room for, and says `sent`.
    [[nodiscard]] Sent send(std::string_view bytes);
    /// Does not copy long messages; `bytes` is untouched unless the answer is `sent`.
    [[nodiscard]] Sent send(std::string&& bytes);
    /// ROUTER only.
    [[nodiscard]] Sent send_to(Peer peer, std::string_view bytes);
    [[nodiscard]] Sent send_to(Peer peer, std::string&& bytes);
    /// Sends messages together, as the frames of one of ZeroMQ's: for many short ones, which are copied. All of them
    /// are sent or none, and for `Profile::high_water_mark` they count as one.
    [[nodiscard]] Sent send_together(std::span<const std::string> messages);
    [[nodiscard]] Sent send_together_to(Peer peer, std::span<const std::string> messages);

    /// Appends what is there, `max` messages at most, without waiting; returns their number.
    std::size_t receive(std::vector<Message>& into, std::size_t max = batch);
    /// As above, and if nothing is there waits for a first message until `until`, without the
    /// mutex. 0 also after `interrupt` or `close`, and when another receiver was faster.
    std::size_t receive(std::vector<Message>& into, Deadline until, std::size_t max = batch);

    /// Makes one `receive` that waits, or the next one to wait, return.
    void interrupt() noexcept {
        interrupted_.store(true, std::memory_order_release);
        wake_.wake();
    }

    /// Messages that `receive` dropped: their sender has a routing id of its own, or is no longer let in.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

    /// Whether there is input. Not a promise to one of several receivers.
    [[nodiscard]] bool readable() noexcept;

    /// Tells of the connections of this socket from now on. Once per socket.
    [[nodiscard]] Result<std::unique_ptr<Monitor>> monitor();

    /// Ends it: afterwards sends are `unreachable` and receives return 0. The address it was bound
    /// to is free a moment later. Queued messages are dropped unless `flush` gives them time, which
    /// the end of the process then waits for.
    void close(Clock::duration flush = Clock::duration::zero()) noexcept;

    /// What ZeroMQ says the options of this socket are, by name ("linger"), for checks.
    [[nodiscard]] std::map<std::string, std::int64_t> options();

    [[nodiscard]] Armed arm() noexcept override;
    void disarm() noexcept override;
    [[nodiscard]] std::array<int, 2> fds() const noexcept override { return {fd_, wake_.fd()}; }

private:
    class Turn;
    class Frame;

    Socket(Pattern pattern, const Profile& profile, void* handle);

    enum class Taken { message, junk, nothing };

    Sent hand_over(const Peer* peer, std::string& bytes);
    Sent put_together(const Peer* peer, std::span<const std::string> messages);
    Sent put(const Peer* peer, Frame& frame, bool followed = false) noexcept;
    Sent put_once(const Peer* peer, Frame& frame, bool followed) noexcept;
    std::size_t take(std::vector<Message>& into, std::size_t max);
    Taken take_one(Message& message) noexcept;
    bool take_frame(Message& message) noexcept;
    [[nodiscard]] bool is_let_in(const Message& message) const noexcept;
    bool has_input() noexcept;
    void leave() noexcept;
    Result<void> change_subscription(std::string_view prefix, bool add);

    const Pattern pattern_;
    const std::size_t max_message_bytes_;
    const std::shared_ptr<const Credentials> credentials_;
    Wake wake_;
    std::atomic<bool> interrupted_ = false; // wake_ alone may be drained for another reason

    mutable std::mutex mutex_; // guards all below, and the ZeroMQ socket itself
    void* handle_;
    int fd_ = -1;
    unsigned waiting_ = 0; // receivers between arm and disarm
    std::condition_variable none_waiting_;
    bool poked_ = false;         // wake_ was or is about to be woken for them
    bool drained_ = false;       // the last take left nothing behind
    bool within_ = false;        // some frames of those sent together are taken
    std::optional<Peer> sender_; // of those frames, where a ROUTER takes them
    std::uint64_t dropped_ = 0;
    std::set<std::string, std::less<>> connected_;
    std::shared_ptr<MonitorTap> tap_; // the monitor has it too
};

} // namespace malla::transport
