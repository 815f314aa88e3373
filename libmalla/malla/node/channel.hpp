// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/node/silence.hpp"
#include "malla/transport/socket.hpp"
#include "malla/wire/frame.hpp"
#include "malla/wire/stream.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace malla {

/// The value that a call gave, or one of those of a stream: its encoded form, and the message that it lies in.
class Returned {
public:
    explicit Returned(transport::Message message) : message_{std::move(message)} {}
    /// For what never crossed a network.
    explicit Returned(std::string body) : text_{std::move(body)}, local_{true} {}

    [[nodiscard]] std::string_view body() const {
        if (local_) return text_;
        if (wire::peek(message_.bytes()) == wire::Type::reply) return wire::decode_reply(message_.bytes())->body;
        return wire::decode_stream_item(message_.bytes())->body;
    }

private:
    transport::Message message_;
    std::string text_;
    bool local_ = false;
};

class Channel;

/// One call handed to one instance. Ends exactly once.
class Attempt {
public:
    /// With a window, values of a stream may come before it ends, and are kept until they are taken.
    Attempt(std::uint64_t id, std::string frame, bool one_way, std::optional<wire::Window> window = {}) noexcept
        : id_{id}, frame_{std::move(frame)}, size_{frame_.size()}, one_way_{one_way}, window_{window} {}
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    /// What became of it. Only after `Channel::wait` said that it ended.
    [[nodiscard]] Result<Returned>& outcome() { return *outcome_; }
    /// Whether it was handed to the connection. As above.
    [[nodiscard]] bool was_sent() const noexcept { return sent_; }

private:
    friend class Channel;
    enum class State : std::uint8_t { queued, sent, ended };

    std::uint64_t id_;
    std::string frame_; ///< empty once sent
    std::size_t size_;
    bool one_way_;
    std::optional<wire::Window> window_;
    std::deque<transport::Message> values_; ///< of a stream: those that came and were not taken
    std::uint64_t values_came_ = 0;
    std::size_t waiting_bytes_ = 0; ///< of the values that nobody has taken
    wire::Window taken_;            ///< since credit was given for the last time
    bool cancelled_ = false;
    bool sent_ = false;
    State state_ = State::queued;
    bool sleeping_ = false; ///< its caller waits for another caller to receive
    std::optional<Result<Returned>> outcome_;
    std::condition_variable changed_;
    std::atomic<bool> ended_ = false; ///< the channel does not touch it any more: seen without the mutex
};

/// The calls to one instance of a node, over one connection for its whole life: when the connection
/// ends, the channel is dead and every call on it has ended. Any thread.
///
/// At most `max_calls` and `max_bytes` are under way; the rest waits here, so that it is certain
/// not to have run when the connection ends. Callers that wait receive for each other: one of them
/// reads the socket, and no other thread is needed.
class Channel {
public:
    struct Window {
        std::size_t max_calls = 256;
        std::size_t max_bytes = 1024 * 1024;
    };
    /// The connection is to a broker, which passes on what is for `target`.
    struct Relayed {
        NodeId self;
        NodeId target;
        std::string broker;           ///< its endpoint
        std::function<void()> on_end; ///< the broker passes on no more; called as `on_bye` is
    };

    /// `node_name` is for the text of errors. `on_bye` is called when the node says that it takes no
    /// more calls, by whoever receives, under the mutex: it only hands that on. `credentials` may be null.
    [[nodiscard]] static Result<std::shared_ptr<Channel>>
    open(const std::string& endpoint, std::string node_name, Window window, std::function<void()> on_bye = {},
         std::shared_ptr<const transport::Credentials> credentials = {}, std::optional<Relayed> relayed = {});

    /// Sends `attempt`, or queues it; it must stay until it ended or was abandoned. One that is `held` is sent together
    /// with later ones, by `send_held` at the latest, or when somebody waits for it.
    void submit(Attempt& attempt, bool held = false);
    /// Sends those that are held. There may be others that wait behind them.
    void send_held();
    /// Waits until `attempt` has ended, or a value of its stream is there, receiving for all; false at the deadline.
    [[nodiscard]] bool wait(Attempt& attempt, Deadline deadline);
    /// The next value of its stream, if one is there; says so to the instance, which then may send another.
    [[nodiscard]] std::optional<Returned> take(Attempt& attempt);
    /// Nobody wants the answer any more: ends an attempt that was not sent as `expired`, and has the
    /// instance cancel one that was, which answers if no handler has begun.
    void cancel(Attempt& attempt);
    /// Ends an attempt that nobody waits for any more: `expired` when it was never sent, else
    /// `deadline_exceeded`, and the instance is told to cancel it, if it was not.
    void abandon(Attempt& attempt);

    /// The connection is there: sends what is queued, as far as the window allows.
    void flush();
    /// Whether the connection was ever there, as far as `flush` was told.
    [[nodiscard]] bool was_connected() const noexcept { return was_connected_.load(std::memory_order_relaxed); }
    /// The broker that it goes through; empty: none.
    [[nodiscard]] std::string_view broker() const noexcept { return relayed_ ? relayed_->broker : std::string_view{}; }
    [[nodiscard]] const std::string& node_name() const noexcept { return node_name_; }
    /// The node does not let this one in: a call that was not sent ends as `credentials_refused` when the channel dies.
    void set_refused() noexcept { refused_ = true; }
    /// The node leaves: from now on a call that was not sent ends as `service_not_available`, and
    /// those under way go on. `ended` is called once when none is, at once if none is now, by any
    /// thread, and without the mutex; never when the channel dies before. False when it was retired
    /// or dead already.
    bool retire(std::function<void()> ended);
    /// Receives what has arrived unless a caller does. ZeroMQ drops what was not received when the
    /// connection ends, and there may be calls for which nobody waits at the moment.
    void attend();
    /// Sees whether the instance is alive that owes an answer, and asks it if need be; to be called several times a
    /// beat. While it is silent no call is sent, and those that were not end as `service_not_available`. When it is
    /// silent for a lease, and `unheard`, which is to say that nobody else hears its node, those under way end as
    /// `peer_lost`. The connection stays: a process that was stopped may go on.
    void look_after(Clock::time_point now, bool unheard);
    /// Calls had better go elsewhere.
    [[nodiscard]] bool silent() const noexcept { return silent_.load(std::memory_order_relaxed); }
    /// The connection has ended, could not be made or is no longer needed; this side closes it. Calls
    /// under way end with `peer_lost`, those queued with `service_not_available`.
    void die();
    [[nodiscard]] bool dead() const noexcept { return dead_.load(std::memory_order_acquire); }
    /// Calls queued or under way.
    [[nodiscard]] std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
    [[nodiscard]] transport::Monitor& monitor() noexcept { return *monitor_; }
    /// The one that calls go by.
    [[nodiscard]] transport::Socket& socket() noexcept { return *socket_; }

private:
    /// What was sent one way leaves before the socket is closed, but not for longer.
    static constexpr Clock::duration flush_limit = std::chrono::milliseconds{500};

    Channel(std::unique_ptr<transport::Socket> socket, std::unique_ptr<transport::Monitor> monitor,
            std::string node_name, Window window, std::function<void()> on_bye, std::optional<Relayed> relayed);

    [[nodiscard]] bool open_locked();
    void end_relayed_locked(const transport::Message& message);
    void cancel_locked(Attempt& attempt);
    void flush_locked();
    void send_held_locked();
    [[nodiscard]] std::size_t sendable_locked() const;
    [[nodiscard]] transport::Sent send_locked(std::size_t count);
    void note_sent_locked(Attempt& attempt);
    void receive_for_all(std::unique_lock<std::mutex>& lock, Deadline deadline);
    void take_all_locked();
    void take_locked(transport::Message&& message);
    void give_credit_locked(Attempt& attempt);
    void give_credit_again_locked();
    void take_value_locked(Attempt& attempt, transport::Message&& message);
    void take_end_locked(Attempt& attempt, const transport::Message& message);
    void refuse_locked(Attempt& attempt, std::string reason);
    void remove_locked(const Attempt& attempt);
    void end_locked(Attempt& attempt, Result<Returned> outcome);
    void end_queued_locked();
    void end_under_way_locked(const Status& why);
    void wake_one_locked();
    [[nodiscard]] std::function<void()> when_ended_locked();

    const std::unique_ptr<transport::Socket> socket_;
    const std::unique_ptr<transport::Monitor> monitor_;
    const std::string node_name_;
    const Window window_;
    const std::function<void()> on_bye_;
    const std::optional<Relayed> relayed_;
    std::atomic<bool> was_connected_ = false;
    std::atomic<bool> dead_ = false;
    std::atomic<std::size_t> load_ = 0;
    std::atomic<bool> silent_ = false; ///< written under the mutex

    [[nodiscard]] Status why_unsent() const;

    std::mutex mutex_;
    Silence silence_;
    bool opened_ = false;  ///< the broker was told whom the connection is for
    bool heard_ = false;   ///< since the last look
    bool awaited_ = false; ///< something was sent that is answered, since anything was heard
    bool retired_ = false; ///< no call is sent any more
    std::atomic<bool> refused_ = false;
    bool dying_ = false; ///< nobody begins to read the socket any more
    bool sent_one_way_ = false;
    bool receiving_ = false; ///< a caller reads the socket
    std::condition_variable received_;
    std::size_t sleeping_ = 0;          ///< callers that wait for it
    std::size_t bytes_under_way_ = 0;   ///< without those of streams
    std::size_t streams_under_way_ = 0; ///< they last: calls do not wait for them
    std::deque<Attempt*> queue_;
    std::size_t held_ = 0; ///< attempts that were submitted to be sent together; meanwhile none is sent
    std::unordered_map<std::uint64_t, Attempt*> under_way_;
    std::vector<transport::Message> inbox_; ///< the receiving caller's
    std::function<void()> when_ended_;      ///< of a retired channel with calls under way
};

} // namespace malla
