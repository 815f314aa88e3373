// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/answered_calls.hpp"
#include "malla/node/connections.hpp"
#include "malla/node/gathered_answers.hpp"
#include "malla/node/hosted.hpp"
#include "malla/node/module.hpp"
#include "malla/node/relayed_callers.hpp"
#include "malla/node/served_calls.hpp"
#include "malla/node/served_streams.hpp"
#include "malla/node/workers.hpp"
#include "malla/transport/credentials.hpp"
#include "malla/transport/socket.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace malla {

/// A service with what the server keeps about it. It outlives the calls that run in it.
struct ServedService {
    ServedService(std::unique_ptr<Hosted> service, std::optional<Module> from);
    ~ServedService();
    ServedService(const ServedService&) = delete;
    ServedService& operator=(const ServedService&) = delete;

    /// The position of a callback; the one behind all stands for those that plugins brought.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view callback) const;
    /// Whether the callback at that position was declared so by this service itself.
    [[nodiscard]] bool is_idempotent(std::size_t callback) const {
        return callback < callbacks.size() && hosted->callbacks()[callback].idempotent;
    }
    /// Whether the callback at that position reads binary bodies of these types.
    [[nodiscard]] bool means(std::size_t callback, const CallbackTypes& types) const {
        return callback >= callbacks.size() || hosted->callbacks()[callback].types == types.fingerprint;
    }
    /// Runs one for whoever has passed the door and holds the gate, if any; reports it where somebody hears.
    [[nodiscard]] Result<void> run(std::size_t callback, std::string_view name, wire::Content content,
                                   std::string_view body, Gate* gate, const CallInfo& info, std::string& out);

    /// Whether it gives many values: those are opened, not run.
    [[nodiscard]] bool gives_stream(std::size_t callback) const noexcept;
    [[nodiscard]] Result<std::unique_ptr<OutgoingStream>> open(std::size_t callback, wire::Content content,
                                                               std::string_view body, Gate* gate, const CallInfo& info);
    /// A status as it leaves the service, with what its plugins add.
    [[nodiscard]] Status with_metadata(Status leaving) const;

    std::optional<Module> module; ///< destroyed after the service that came from it
    std::unique_ptr<Hosted> hosted;
    std::map<std::string_view, std::size_t> callbacks;
    std::unique_ptr<std::atomic<bool>[]> slow; ///< for each callback: its last run outlasted a takeover
    std::atomic<std::uint32_t> in_flight = 0;  ///< calls that queue or run
    ServedCalls served;                        ///< and those that have ended

private:
    Result<void> run_plainly(std::size_t callback, std::string_view name, wire::Content content, std::string_view body,
                             Gate* gate, const CallInfo& info, std::string& out);
    Result<void> run_observed(std::size_t callback, std::string_view name, wire::Content content, std::string_view body,
                              Gate* gate, const CallInfo& info, std::string& out);
};

/// Takes calls at the node's ROUTER, lets them in at the door of their service, runs them on the
/// workers, and answers. Any thread.
class CallServer final : private WorkSource {
public:
    struct Options {
        NodeId node;
        Clock::duration takeover_after;
        std::size_t max_workers;
        std::size_t max_waiting;
        std::size_t max_queued;
        std::shared_ptr<const transport::Credentials> credentials; ///< of the ROUTER; may be null
        bool all_administer = true; ///< whether everybody may operate services where there are none
    };
    /// Gets every message that is no call; on a worker's thread, so it only hands it on.
    using OnOther = std::function<void(transport::Message&&)>;
    /// Sees to it that `retry_streams` is called soon; from any thread, under a mutex.
    using OnStalled = std::function<void()>;

    CallServer(transport::Socket& router, const Options& options, OnOther on_other, OnStalled on_stalled);
    ~CallServer();

    void start() { workers_.start(); }
    /// Refuses every call that comes from now on as `draining`, or takes calls again.
    void drain(bool draining) noexcept;
    /// Drains for good: says BYE to those who call.
    void leave();
    [[nodiscard]] bool leaving() const noexcept { return leaving_.load(); }
    /// Waits until no call queues or runs any more; false at the deadline.
    [[nodiscard]] bool wait_idle(Deadline deadline);
    /// When it drains: answers the calls that still queue or run with `shutdown` and tells them to
    /// end. Gives those that have not by `deadline`.
    [[nodiscard]] std::vector<std::string> end_calls(Deadline deadline);
    /// Gets the calls that come through brokers.
    [[nodiscard]] discovery::RelaySink& relayed() noexcept { return relayed_; }
    /// What the monitor of the ROUTER tells.
    void on_events(std::span<const transport::LinkEvent> events);
    /// Goes on with the streams for which there was no room on the way to their callers.
    void retry_streams() { streams_.retry(); }
    /// Waits until the callers have ended their connections; false at the deadline. Refusals go on.
    [[nodiscard]] bool wait_without_callers(Deadline deadline) const {
        return connections_.wait_without_callers(deadline);
    }
    /// Ends the threads; leaves one whose call has not ended by `deadline`.
    void stop(Deadline deadline);

    /// `already_started` when there is one of that name.
    [[nodiscard]] Result<void> add(std::shared_ptr<ServedService> service);
    void remove(std::string_view name);
    [[nodiscard]] std::shared_ptr<ServedService> find(std::string_view name) const;
    /// In the order of their start.
    [[nodiscard]] std::vector<std::shared_ptr<ServedService>> all() const;
    /// Calls that queue or run.
    [[nodiscard]] std::uint32_t load() const noexcept { return load_.load(std::memory_order_relaxed); }

private:
    class Job;
    struct Key {
        transport::Peer peer;
        std::uint64_t id;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<transport::Peer>{}(key.peer) * 0x9e3779b97f4a7c15 + key.id;
        }
    };

    Work* next() override;
    void wait() override;
    void interrupt() noexcept override { router_.interrupt(); }

    Work* dispatch(transport::Message&& message);
    Work* take_call(transport::Message&& message);
    [[nodiscard]] bool is_fresh(Job& job);
    Work* admit(std::unique_ptr<Job> job);
    void cancel(const transport::Message& message);
    Deadline deadline_of(const Job& job);
    [[nodiscard]] std::shared_ptr<const transport::Identity> identity_of(const transport::Message& message) const;
    [[nodiscard]] bool may_come(transport::Peer peer) const;
    transport::Sent send_to(transport::Peer peer, std::string&& frame);
    void note(transport::Peer peer, int connection, bool call);
    void take_credit(const transport::Message& message);
    void on_gone(transport::Peer peer);
    [[nodiscard]] static bool withdraw(Job& job);
    void say_bye(transport::Peer peer);
    void answer(transport::Peer peer, std::string&& frame);
    void answer(transport::Peer peer, std::string_view frame); ///< copies it: for short ones
    void answer(const Job& job, std::string_view frame);       ///< likewise
    static void note_dropped(transport::Sent sent);
    [[nodiscard]] bool remember(Job& job);
    void forget(const Job& job);

    transport::Socket& router_;
    const NodeId node_;
    const Clock::duration takeover_after_;
    const std::shared_ptr<const transport::Credentials> credentials_;
    const transport::Identity anybody_;    ///< who calls where there are no credentials
    const transport::Identity a_stranger_; ///< who calls through a broker then
    OnOther on_other_;
    std::atomic<bool> draining_ = false; ///< set under the mutex, so that no call is let in behind it
    std::atomic<bool> leaving_ = false;  ///< it drains for good
    std::atomic<std::uint32_t> load_ = 0;
    Connections connections_;
    AnsweredCalls answered_calls_; ///< the idempotent ones
    RelayedCallers relayed_;
    GatheredAnswers gathered_;

    std::vector<transport::Message> inbox_;                           ///< the leading worker's
    std::size_t taken_ = 0;                                           ///< of the inbox
    bool followed_ = false;                                           ///< the last one was sent together with the next
    std::unordered_map<transport::Peer, std::int64_t> clock_offsets_; ///< the leading worker's

    mutable std::mutex mutex_;
    std::condition_variable idle_;
    std::vector<std::shared_ptr<ServedService>> services_;
    std::unordered_map<Key, Job*, KeyHash> jobs_;

    Workers workers_;
    ServedStreams streams_; // uses the workers
};

} // namespace malla
