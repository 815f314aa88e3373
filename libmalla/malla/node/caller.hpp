// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/callback_types.hpp"
#include "malla/node/channel.hpp"
#include "malla/node/choice.hpp"
#include "malla/node/options.hpp"
#include "malla/node/request_trace.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malla {

/// What is called, with its arguments encoded.
struct Request {
    std::string service;
    std::string callback;
    wire::Content content = wire::Content::binary;
    bool idempotent = false; ///< declared so by the callback
    bool one_way = false;
    bool stream = false; ///< takes many values
    /// What the caller means by the callback, for binary bodies; outlives the call. Null: JSON, or nobody knows.
    const CallbackTypes* types = nullptr;
    std::string body;
    CallOptions options;
};

/// What a call needs of its node.
class CallWays {
public:
    /// The instances that take the call, in the order in which to try them, as its options have it: those that
    /// announce the callback with the types of the request, else those with other types, else all.
    [[nodiscard]] virtual std::vector<Instance> instances(const Request& request) = 0;
    [[nodiscard]] virtual Result<std::shared_ptr<Channel>> channel(const Instance& instance) = 0;
    /// What came back from an instance that a call was sent to: null for a value, else why there is none.
    virtual void heard(const Request& request, NodeId node, const Status* failure) = 0;
    /// Whether the budget of the service allows a call to be sent again.
    [[nodiscard]] virtual bool allows_retry(const Request& request) = 0;
    /// Whether an ejected instance may get this call, as a probe.
    [[nodiscard]] virtual bool may_probe(const Request& request, NodeId node) = 0;
    /// Waits for a change of the directory after the version that `directory_version` gave.
    virtual void wait_for_change(std::uint64_t version, Deadline until) = 0;
    [[nodiscard]] virtual std::uint64_t directory_version() = 0;
    /// Why there is no instance that takes the call: other types, unreachable endpoints and refusals first.
    [[nodiscard]] virtual Status why_unavailable(const Request& request) = 0;
    /// Why no instance can be connected to, when that is so.
    [[nodiscard]] virtual std::optional<Status> no_way(const Request&) { return std::nullopt; }
    /// Whether the callback's own description, as announced, says that running it twice does no harm.
    [[nodiscard]] virtual bool declared_idempotent(std::string_view service, std::string_view callback) = 0;
    /// Waits until every rendezvous has told what it knows.
    virtual void wait_for_mesh(Deadline until) = 0;
    /// Whether every rendezvous has told what it knows, or this node has waited long enough for that since it was made.
    /// Waits for either until `until`.
    [[nodiscard]] virtual bool hear_mesh(Deadline until) = 0;

    [[nodiscard]] virtual NodeId id() const = 0;
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::uint64_t next_call_number() = 0;
    [[nodiscard]] virtual Clock::duration timeout() const = 0;

protected:
    ~CallWays() = default;
};

/// One call on its way: tries instance after instance as long as it is certain that no handler
/// began, and ends once, with a value or the reason. Driven by whoever waits for it; used by one
/// thread at a time.
class CallState {
public:
    CallState(CallWays& ways, Request request);
    ~CallState();
    CallState(const CallState&) = delete;
    CallState& operator=(const CallState&) = delete;

    /// Hands it to the first instance, if there is one. Called once.
    void begin();
    /// Waits until it has ended, or until `until`; says whether it has. It ends at its deadline,
    /// or up to 50 ms later, when it is still to be heard whether a handler has begun.
    bool wait(Deadline until);
    /// Once its deadline has passed: tells the instance, if it waits for one, so that several calls wait for their last
    /// words together.
    void cancel_late();
    /// Only when it has ended.
    [[nodiscard]] Result<Returned>& outcome() { return *outcome_; }

    // A stream. `wait` waits for the next value or the end; without a deadline of its caller each of its values
    // may take the node's `timeout`, counted from the first `wait` for it.

    /// The next value, nothing behind the last one, or why there is no further one. Once for each `wait` that gave
    /// true.
    [[nodiscard]] Result<std::optional<Returned>> take();

private:
    void try_next();
    bool submit(const Instance& instance);
    [[nodiscard]] Result<std::string_view> body_for(const Instance& instance);
    [[nodiscard]] Result<Returned> as_binary(Result<Returned> returned) const;
    void evaluate(Result<Returned> outcome);
    void take_new_number(Status& forgotten);
    [[nodiscard]] bool may_try_again(const Status& why);
    Result<Returned> last_word();
    [[nodiscard]] Status why_not_begun();
    [[nodiscard]] bool may_run_again();
    void wait_for_instances(Deadline until);
    [[nodiscard]] bool may_go_on();
    [[nodiscard]] bool lacks_news(const std::vector<Instance>& instances) const;
    void end(Result<Returned> outcome);
    void expect_value();
    [[nodiscard]] bool take_value();
    [[nodiscard]] Result<Returned> end_stream(Result<Returned> outcome);
    [[nodiscard]] Result<Returned> give_up_stream();
    [[nodiscard]] bool tried(NodeId node) const;

    CallWays& ways_;
    Request request_;
    Deadline deadline_; ///< of a stream without one: of its next value
    std::uint64_t number_;
    std::unique_ptr<OutgoingTrace> trace_; ///< null when nobody hears
    std::shared_ptr<Channel> channel_;
    std::optional<Attempt> attempt_;
    std::vector<NodeId> tried_;
    std::uint64_t seen_version_ = 0;
    unsigned rounds_ = 0;
    Clock::time_point next_round_at_{};
    bool hears_first_ = false; ///< those not yet heard of may be the ones that it is for
    std::optional<Deadline> last_word_until_;
    std::optional<Status> refusal_; ///< the last one
    bool refused_by_all_ = true;    ///< those tried in this round did not let this node in
    std::optional<Status> lost_;    ///< why it is not known whether an earlier attempt has run
    std::optional<Result<Returned>> outcome_;
    bool expects_value_ = false; ///< the time for the next value of a stream runs
    bool has_begun_ = false;     ///< a value of a stream came
    std::optional<Returned> value_;
    bool sends_json_ = false; ///< although the caller has binary bodies: the instance reads no others
    std::optional<std::string> json_body_;
};

} // namespace malla
