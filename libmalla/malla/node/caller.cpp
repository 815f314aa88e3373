// SPDX-License-Identifier: Apache-2.0
#include "malla/node/caller.hpp"

#include "malla/base/log.hpp"
#include "malla/node/retry_budget.hpp"
#include "malla/service/context.hpp"

#include <algorithm>
#include <atomic>
#include <random>
#include <utility>

namespace malla {

namespace {

using namespace std::chrono_literals;

// How long after its deadline a call waits to hear that no handler had begun.
constexpr auto last_word_limit = 50ms;

// The streams that this process takes.
std::atomic<unsigned> streams = 0;

// The more there are, the less of each is on its way: ZeroMQ has room for so many messages, whatever they belong to.
std::optional<wire::Window> window_of(const Request& request) noexcept {
    constexpr std::uint32_t values = 128;
    constexpr std::uint32_t bytes = 1024 * 1024;
    if (!request.stream) return std::nullopt;
    return wire::Window{std::max(values / (1 + streams.load(std::memory_order_relaxed) / 5), 4U), bytes};
}

std::minstd_rand& random_engine() {
    static thread_local std::minstd_rand engine{std::random_device{}()};
    return engine;
}

// Full jitter, after https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
Clock::duration pause_after(unsigned rounds, const std::optional<Status>& refusal) {
    if (const auto wanted = refusal ? retry_after(*refusal) : std::nullopt) return *wanted;
    const auto most = longest_pause(rounds);
    return Clock::duration{std::uniform_int_distribution<Clock::rep>{0, most.count()}(random_engine())};
}

std::uint64_t microseconds(Clock::duration duration) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

struct Content {
    wire::Content form;
    std::string_view body;
};

Result<std::string> frame_of(const Request& request, const CallWays& ways, NodeId target, std::uint64_t number,
                             Deadline deadline, const OutgoingTrace* trace, std::optional<wire::Window> window,
                             const Content& content) {
    const auto now = Clock::now();
    wire::Call call;
    call.id = number;
    call.origin = ways.id();
    call.target = target;
    const CallInfo* outer = current_call();
    if (outer) call.root = outer->root;
    TraceContext::Text text;
    call.traceparent = traceparent_of(request.options, trace, text);
    call.remaining_us = microseconds(deadline.left(now));
    call.stamp_us = microseconds(now.time_since_epoch());
    call.one_way = request.one_way;
    call.window = window;
    if (window && !request.options.deadline) call.remaining_us = microseconds(current_deadline().left(now));
    call.idempotent = request.idempotent || request.options.idempotent;
    call.content = content.form;
    call.service = request.service;
    call.callback = request.callback;
    call.caller = ways.name();
    for (const auto& [key, value] : request.options.metadata) call.metadata.emplace_back(key, value);
    std::string frame;
    frame.reserve(256 + content.body.size());
    if (auto encoded = wire::encode_header(frame, call); !encoded) return std::move(encoded).error();
    frame += content.body;
    return frame;
}

} // namespace

CallState::CallState(CallWays& ways, Request request)
    : ways_{ways}, request_{std::move(request)}, deadline_{std::min(
                                                     request_.options.deadline.value_or(Deadline::in(ways.timeout())),
                                                     current_deadline())},
      number_{ways.next_call_number()}, trace_{OutgoingTrace::begin(request_.service, request_.callback,
                                                                    request_.options.traceparent)} {
    if (request_.stream) streams.fetch_add(1, std::memory_order_relaxed);
}

CallState::~CallState() {
    if (attempt_ && !outcome_) channel_->abandon(*attempt_);
    if (request_.stream) streams.fetch_sub(1, std::memory_order_relaxed);
}

void CallState::begin() { try_next(); }

bool CallState::wait(Deadline until) {
    if (outcome_ || value_) return true;
    const BlockingScope blocking;
    expect_value();
    const Deadline limit = std::min(until, deadline_);
    while (!outcome_) {
        if (attempt_ && last_word_until_) {
            end(last_word());
        } else if (attempt_) {
            const bool there = channel_->wait(*attempt_, limit);
            if (there && take_value()) return true;
            if (there) evaluate(std::move(attempt_->outcome()));
            else if (!deadline_.passed(Clock::now())) return false;
            else end(request_.stream ? give_up_stream() : last_word());
        } else if (deadline_.passed(Clock::now())) {
            end(why_not_begun());
        } else if (until.passed(Clock::now()) && !may_go_on()) {
            return false;
        } else if (hears_first_) {
            (void)ways_.hear_mesh(limit);
            try_next();
        } else {
            wait_for_instances(limit);
        }
    }
    return true;
}

// Whether there may be an instance by now, for whoever does not wait.
bool CallState::may_go_on() {
    if (hears_first_) return ways_.hear_mesh(Deadline{Clock::now()});
    if (tried_.empty() && request_.options.no_wait) return false; // that it is nowhere is not known by looking
    return ways_.directory_version() != seen_version_ || (!tried_.empty() && next_round_at_ <= Clock::now());
}

// Hands the call to an instance that was not tried in this round; without one, there is no attempt.
void CallState::try_next() {
    attempt_.reset();
    channel_.reset();
    seen_version_ = ways_.directory_version();
    auto instances = ways_.instances(request_);
    hears_first_ = false;
    if (lacks_news(instances)) {
        hears_first_ = !ways_.hear_mesh(Deadline{Clock::now()});
        if (hears_first_) return;
        instances = ways_.instances(request_); // there may be more by now
    }
    for (const Instance& instance : instances) {
        if (tried(instance.node)) continue;
        if (instance.ejected && !ways_.may_probe(request_, instance.node)) continue;
        if (submit(instance)) return;
    }
    if (outcome_) return;
    if (!tried_.empty() && refused_by_all_) return end(*refusal_); // waiting does not make credentials better
    if (const auto now = Clock::now(); next_round_at_ <= now) next_round_at_ = now + pause_after(rounds_, refusal_);
}

bool CallState::submit(const Instance& instance) {
    if (instance.types_differ) {
        end(ways_.why_unavailable(request_));
        return true;
    }
    tried_.push_back(instance.node);
    const auto window = window_of(request_);
    const auto body = body_for(instance);
    if (!body) {
        end(body.error());
        return true;
    }
    const Content content{sends_json_ ? wire::Content::json : request_.content, *body};
    auto frame = frame_of(request_, ways_, instance.node, number_, deadline_, trace_.get(), window, content);
    if (!frame) {
        end(std::move(frame).error());
        return true;
    }
    auto channel = ways_.channel(instance);
    if (!channel) {
        refused_by_all_ = false;
        refusal_ = std::move(channel).error();
        return false;
    }
    channel_ = std::move(*channel);
    attempt_.emplace(number_, std::move(*frame), request_.one_way, window);
    channel_->submit(*attempt_, request_.options.held);
    return true;
}

// The body as the instance can read it; a call that it is none for has not run.
Result<std::string_view> CallState::body_for(const Instance& instance) {
    sends_json_ = request_.types && !instance.reads_binary;
    if (!sends_json_) return std::string_view{request_.body};
    if (!json_body_) {
        auto json = request_.types->arguments_to_json(request_.body);
        if (!json) return std::move(json).error().set_outcome(Outcome::not_run);
        json_body_ = *std::move(json);
    }
    return std::string_view{*json_body_};
}

// What comes back as JSON in the form that the caller reads.
Result<Returned> CallState::as_binary(Result<Returned> returned) const {
    if (!returned || !sends_json_ || request_.one_way) return returned;
    auto binary = request_.types->result_to_binary(returned->body());
    if (!binary) return Status{"reply_invalid", binary.error().info()};
    return Returned{*std::move(binary)};
}

void CallState::evaluate(Result<Returned> outcome) {
    const bool sent = attempt_->was_sent();
    const NodeId node = tried_.back();
    if (!outcome && outcome.error().id() == "forgotten" && outcome.error().outcome() == Outcome::unknown)
        take_new_number(outcome.error());
    if (sent && !request_.one_way) ways_.heard(request_, node, outcome ? nullptr : &outcome.error());
    if (outcome || has_begun_)
        return end(request_.stream ? end_stream(std::move(outcome)) : as_binary(std::move(outcome)));
    Status& status = outcome.error();
    if (!may_try_again(status)) return end(std::move(outcome));
    // What overloads an instance, or may have ended it, is not repeated at will; what was never sent harms nobody.
    if (sent && (status.outcome() == Outcome::unknown || status.id() == "busy") && !ways_.allows_retry(request_))
        return end(std::move(outcome));
    if (status.outcome() == Outcome::unknown) {
        log(LogLevel::notice, request_.service + '.' + request_.callback + " is called again: " + status.info());
        lost_ = status;
    }
    refused_by_all_ = refused_by_all_ && status.id() == "credentials_refused";
    refusal_ = std::move(status);
    try_next();
}

// This attempt was refused unrun; whether an earlier one has run is known elsewhere. Its instance may have it at once.
void CallState::take_new_number(Status& forgotten) {
    number_ = ways_.next_call_number();
    forgotten.set_outcome(Outcome::not_run);
    tried_.pop_back();
}

bool CallState::may_try_again(const Status& why) {
    if (why.outcome() == Outcome::unknown) return may_run_again();
    const bool final = why.id() == "expired" || why.id() == "cancelled" || why.id() == "body_too_large";
    return why.outcome() == Outcome::not_run && !final;
}

bool CallState::may_run_again() {
    return request_.idempotent || request_.options.idempotent ||
           ways_.declared_idempotent(request_.service, request_.callback);
}

void CallState::cancel_late() {
    if (outcome_ || !attempt_ || last_word_until_ || !deadline_.passed(Clock::now())) return;
    channel_->cancel(*attempt_);
    last_word_until_ = Deadline::in(last_word_limit);
}

// The deadline has passed: whether the call has begun decides between two outcomes.
Result<Returned> CallState::last_word() {
    cancel_late();
    if (!channel_->wait(*attempt_, *last_word_until_)) channel_->abandon(*attempt_);
    const Result<Returned>& outcome = attempt_->outcome();
    if (!outcome && outcome.error().outcome() == Outcome::not_run)
        return ways_.no_way(request_).value_or(Status{"expired"});
    return Status{"deadline_exceeded"}; // what comes now may be what a cancelled handler left off with
}

Status CallState::why_not_begun() {
    if (auto none = ways_.no_way(request_)) return *std::move(none);
    return refusal_ ? *refusal_ : ways_.why_unavailable(request_);
}

// All were tried, or there are none: waits for another one, or for the next round.
void CallState::wait_for_instances(Deadline until) {
    if (request_.options.no_wait) {
        ways_.wait_for_mesh(until);
        if (ways_.instances(request_).empty()) return end(refusal_ ? *refusal_ : ways_.why_unavailable(request_));
    }
    const bool any_tried = !tried_.empty();
    const Deadline round = any_tried ? Deadline{next_round_at_} : until;
    ways_.wait_for_change(seen_version_, std::min(until, round));
    if (any_tried && round.passed(Clock::now())) {
        tried_.clear();
        refused_by_all_ = true;
        ++rounds_;
    }
    try_next();
}

// A node that has just come may not have heard yet of those that have the callback, or of the one that a key means.
bool CallState::lacks_news(const std::vector<Instance>& instances) const {
    return !instances.empty() && (!instances.front().has_callback || request_.options.key);
}

void CallState::end(Result<Returned> outcome) {
    if (!outcome && outcome.error().outcome() == Outcome::not_run && lost_) outcome = *std::move(lost_);
    outcome_.emplace(std::move(outcome));
    if (trace_) [[unlikely]]
        trace_->end(*outcome_ ? nullptr : &outcome_->error());
}

bool CallState::tried(NodeId node) const { return std::ranges::find(tried_, node) != tried_.end(); }

} // namespace malla
