// SPDX-License-Identifier: Apache-2.0
#include "malla/node/call_server.hpp"

#include "malla/base/log.hpp"
#include "malla/node/call_server_job.hpp"
#include "malla/wire/directory.hpp"
#include "malla/wire/frame.hpp"

#include <algorithm>
#include <stop_token>
#include <utility>

namespace malla {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_clock_offsets = 4096;

std::int64_t microseconds(Clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

// What a repetition has in common with the call, so that nobody gets the answer to a call of somebody else by its id.
std::uint64_t content_of(const wire::Call& call) {
    auto hash = static_cast<std::uint64_t>(call.content);
    const auto add = [&](std::string_view text) {
        hash = hash * 0x9e3779b97f4a7c15U + std::hash<std::string_view>{}(text);
    };
    for (const auto text : {call.service, call.callback, call.caller, call.body}) add(text);
    for (const auto& [key, value] : call.metadata) add(key), add(value);
    return hash;
}

} // namespace

CallServer::CallServer(transport::Socket& router, const Options& options, OnOther on_other, OnStalled on_stalled)
    : router_{router}, node_{options.node}, takeover_after_{options.takeover_after},
      credentials_{options.credentials}, anybody_{"", options.all_administer}, on_other_{std::move(on_other)},
      relayed_{{[this] { router_.interrupt(); }, [this](transport::Peer peer) { on_gone(peer); }}}, gathered_{router},
      workers_{*this, {options.takeover_after, options.max_workers, options.max_waiting, options.max_queued}},
      streams_{workers_, std::move(on_stalled)} {}

CallServer::~CallServer() = default;

Result<void> CallServer::add(std::shared_ptr<ServedService> service) {
    const std::lock_guard lock{mutex_};
    const auto name = service->hosted->core().name();
    const auto same = [&](const auto& each) { return each->hosted->core().name() == name; };
    if (std::ranges::any_of(services_, same)) return Status{"already_started", name};
    services_.push_back(std::move(service));
    return {};
}

void CallServer::remove(std::string_view name) {
    const std::lock_guard lock{mutex_};
    std::erase_if(services_, [&](const auto& each) { return each->hosted->core().name() == name; });
}

std::shared_ptr<ServedService> CallServer::find(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const auto same = [&](const auto& each) { return each->hosted->core().name() == name; };
    const auto found = std::ranges::find_if(services_, same);
    return found == services_.end() ? nullptr : *found;
}

std::vector<std::shared_ptr<ServedService>> CallServer::all() const {
    const std::lock_guard lock{mutex_};
    return services_;
}

void CallServer::drain(bool draining) noexcept {
    const std::lock_guard lock{mutex_};
    draining_.store(draining);
}

void CallServer::leave() {
    drain(true);
    leaving_.store(true);
    for (const transport::Peer peer : connections_.callers()) say_bye(peer);
}

bool CallServer::wait_idle(Deadline deadline) {
    std::unique_lock lock{mutex_};
    return idle_.wait_until(lock, deadline.at(), [this] { return load_ == 0; });
}

std::vector<std::string> CallServer::end_calls(Deadline deadline) {
    std::vector<std::unique_ptr<Job>> withdrawn;
    {
        const std::lock_guard lock{mutex_};
        for (const auto& [key, job] : jobs_) {
            if (withdraw(*job)) {
                withdrawn.emplace_back(job);
                continue;
            }
            job->refuse(Status{"shutdown"}); // before the handler can answer to its cancellation
            job->cancel();
            streams_.wake(*job);
        }
    }
    for (const auto& job : withdrawn) job->refuse(Status{"draining", job->call().service});
    withdrawn.clear();
    std::vector<std::string> unfinished;
    if (wait_idle(deadline)) return unfinished;
    const std::lock_guard lock{mutex_};
    for (const auto& [key, job] : jobs_)
        unfinished.push_back(std::string{job->call().service}.append(".").append(job->call().callback));
    return unfinished;
}

void CallServer::stop(Deadline deadline) {
    (void)workers_.stop(deadline);
    note_dropped(gathered_.send());
}

Work* CallServer::next() {
    while (true) {
        note_dropped(followed_ ? gathered_.send_of_others() : gathered_.send());
        if (taken_ == inbox_.size()) {
            inbox_.clear();
            taken_ = 0;
            (void)router_.receive(inbox_);
            relayed_.receive(inbox_, transport::Socket::batch);
            if (inbox_.empty()) return nullptr;
        }
        transport::Message& message = inbox_[taken_++];
        followed_ = message.followed();
        if (Work* work = dispatch(std::move(message))) return work;
    }
}

void CallServer::wait() {
    inbox_.clear();
    taken_ = 0;
    router_.receive(inbox_, Deadline{Clock::time_point::max()});
}

// Gives what the leading worker shall run now, if anything.
Work* CallServer::dispatch(transport::Message&& message) {
    const auto type = wire::peek(message.bytes());
    if (type == wire::Type::call) return take_call(std::move(message));
    note(message.peer(), message.connection(), false);
    if (type == wire::Type::credit) take_credit(message);
    else if (type == wire::Type::cancel) cancel(message);
    else if (type == wire::Type::ping) {
        if (const auto ping = wire::decode_ping(message.bytes()))
            answer(message.peer(), wire::encode(wire::Pong{ping->nonce, node_}));
    } else if (message.peer().way() == 0) {
        on_other_(std::move(message));
    }
    return nullptr;
}

Work* CallServer::take_call(transport::Message&& message) {
    auto job = std::make_unique<Job>(*this, std::move(message));
    if (const auto read = job->read(); !read) {
        if (const auto id = wire::peek_id(job->bytes()))
            answer(job->peer(), wire::encode(wire::Failure{*id, read.error()}));
        return nullptr;
    }
    const wire::Call& call = job->call();
    const auto refuse = [&](const Status& status) {
        job->refuse(status);
        return nullptr;
    };
    const Deadline deadline = deadline_of(*job);
    if (!call.target.is_nil() && call.target != node_) return refuse(Status{"wrong_instance"});
    if (!may_come(job->peer())) return refuse(Status{"credentials_refused", "the node"});
    if (draining_.load(std::memory_order_relaxed)) return refuse(Status{"draining", call.service});
    auto service = find(call.service);
    if (!service || service->hosted->reach() == Reach::local)
        return refuse(Status{"service_not_available", call.service});
    if (!service->hosted->core().open()) return refuse(service->hosted->core().refusal());
    const auto callback = service->find(call.callback);
    if (!callback) return refuse(Status{"request_op_unknown", call.callback});
    if (service->gives_stream(*callback)) {
        if (!call.window || call.one_way) return refuse(Status{"stream_required", call.callback});
        if (streams_.full()) return refuse(Status{"busy", call.service});
    } else if (!call.one_way && (call.idempotent || service->is_idempotent(*callback)) && !is_fresh(*job)) {
        return nullptr;
    }
    if (!job->accept(std::move(service), *callback, deadline)) return refuse(Status{"draining", call.service});
    return admit(std::move(job));
}

// A repetition is answered by what is known of the call.
bool CallServer::is_fresh(Job& job) {
    using enum AnsweredCalls::Known;
    const wire::Call& call = job.call();
    const auto [known, frame] =
        answered_calls_.enter({call.origin, call.id}, content_of(call), job.peer(), Clock::now());
    if (known == fresh) job.set_repeatable();
    else if (known == answered) answer(job.peer(), std::string_view{frame});
    else if (known == forgotten) job.refuse(Status{"forgotten"});
    else if (known == other) job.refuse(Status{"bad_request"}.set_info("The id is that of another call"));
    return known == fresh;
}

Work* CallServer::admit(std::unique_ptr<Job> job) {
    ServiceCore& core = job->core();
    if (!core.concurrent() && !core.gate().try_enter()) {
        const auto entry = core.gate().enter(*job);
        if (entry == Gate::Entry::queued) return job.release(), nullptr;
        if (entry == Gate::Entry::full) return job->refuse(Status{"busy", core.name()}), nullptr;
    }
    if (workers_.may_run_here() && !job->slow()) return job.release();
    if (workers_.post(*job)) return job.release(), nullptr;
    job->refuse(Status{"busy", core.name()});
    if (!core.concurrent()) core.gate().leave();
    return nullptr;
}

void CallServer::cancel(const transport::Message& message) {
    const auto cancel = wire::decode_cancel(message.bytes());
    if (!cancel) return;
    std::unique_ptr<Job> withdrawn; // destroyed without the lock, which it takes
    {
        const std::lock_guard lock{mutex_};
        const auto found = jobs_.find(Key{message.peer(), cancel->id});
        if (found == jobs_.end()) return;
        Job* const job = found->second;
        job->cancel();
        if (job->has_stream()) return streams_.wake(*job);
        if (withdraw(*job)) withdrawn.reset(job);
    }
    if (withdrawn) withdrawn->refuse(Status{"cancelled"});
}

std::shared_ptr<const transport::Identity> CallServer::identity_of(const transport::Message& message) const {
    const bool relayed = message.peer().way() != 0;
    if (!credentials_) // owns nothing, so nothing is counted
        return {std::shared_ptr<void>{}, relayed ? &a_stranger_ : &anybody_};
    static const auto nobody = std::make_shared<const transport::Identity>(); // its key was allowed when it came
    auto known = credentials_->identify(relayed ? relayed_.key_of(message.peer()) : message.key());
    return known ? known : nobody;
}

// Who is connected was let in. Who comes through a broker was let in there, which is not here.
bool CallServer::may_come(transport::Peer peer) const {
    return peer.way() == 0 || !credentials_ || credentials_->identify(relayed_.key_of(peer)) != nullptr;
}

transport::Sent CallServer::send_to(transport::Peer peer, std::string&& frame) {
    return peer.way() == 0 ? router_.send_to(peer, std::move(frame)) : relayed_.send_to(peer, frame);
}

void CallServer::take_credit(const transport::Message& message) {
    const auto credit = wire::decode_credit(message.bytes());
    if (!credit) return;
    const std::lock_guard lock{mutex_};
    const auto found = jobs_.find(Key{message.peer(), credit->id});
    if (found != jobs_.end()) streams_.add(*found->second, *credit);
}

// Nobody is there any more who would take what they give.
void CallServer::on_gone(transport::Peer peer) {
    std::vector<std::unique_ptr<Job>> withdrawn; // destroyed without the lock, which they take
    const std::lock_guard lock{mutex_};
    for (const auto& [key, job] : jobs_) {
        if (key.peer != peer || job->outlives_caller()) continue;
        job->cancel();
        if (job->call().window) streams_.wake(*job);
        if (withdraw(*job)) withdrawn.emplace_back(job);
    }
}

// Whether it waited for its turn, and never gets it.
bool CallServer::withdraw(Job& job) {
    return !job.has_stream() && !job.core().concurrent() && job.core().gate().withdraw(job);
}

void CallServer::note(transport::Peer peer, int connection, bool call) {
    if (const auto gone = connections_.note(peer, connection, call)) on_gone(*gone);
}

void CallServer::on_events(std::span<const transport::LinkEvent> events) {
    for (const transport::Peer peer : connections_.on_events(events)) on_gone(peer);
}

// The time left counts from the sender's stamp. Its clock is not ours, but the smallest difference
// seen on the connection is the one without a delay: what exceeds it was spent on the way.
Deadline CallServer::deadline_of(const Job& job) {
    const wire::Call& call = job.call();
    const auto now = Clock::now();
    // A stamp may be any number: unsigned arithmetic wraps, and what is no delay counts as none.
    const auto offset = static_cast<std::int64_t>(static_cast<std::uint64_t>(microseconds(now)) - call.stamp_us);
    if (clock_offsets_.size() > max_clock_offsets) clock_offsets_.clear();
    const auto [known, added] = clock_offsets_.try_emplace(job.peer(), offset);
    if (added) {
        note(job.peer(), job.connection(), true);
        if (leaving_.load()) say_bye(job.peer());
    }
    known->second = std::min(known->second, offset);
    constexpr std::uint64_t most = std::chrono::microseconds{24h * 365}.count();
    const auto delay = static_cast<std::uint64_t>(offset) - static_cast<std::uint64_t>(known->second);
    const auto left = std::min(call.remaining_us, most);
    return Deadline{now + std::chrono::microseconds{left > delay ? left - delay : 0}};
}

void CallServer::say_bye(transport::Peer peer) { (void)send_to(peer, wire::encode(wire::Bye{node_, 0})); }

void CallServer::answer(transport::Peer peer, std::string&& frame) {
    const auto id = wire::peek_id(frame);
    auto sent = send_to(peer, std::move(frame));
    if (sent == transport::Sent::too_large && id)
        sent = send_to(peer, wire::encode(wire::Failure{*id, Status{"body_too_large", "the result"}}));
    note_dropped(sent);
}

void CallServer::answer(transport::Peer peer, std::string_view frame) {
    note_dropped(peer.way() == 0 ? router_.send_to(peer, frame) : relayed_.send_to(peer, frame));
}

// Whoever leads looks after those that are kept, before the next call: so does the one that has taken the lead from
// this thread, or this thread itself where that happened before.
void CallServer::answer(const Job& job, std::string_view frame) {
    if (job.peer().way() != 0 || !workers_.leads()) return answer(job.peer(), frame);
    note_dropped(gathered_.add(job.peer(), frame, job.is_followed()));
    if (!workers_.leads()) note_dropped(gathered_.send());
}

void CallServer::note_dropped(transport::Sent sent) {
    if (sent == transport::Sent::full) log(LogLevel::warning, "an answer was dropped: its caller reads none of them");
}

bool CallServer::remember(Job& job) {
    const std::lock_guard lock{mutex_};
    if (draining_) return false;
    load_.fetch_add(1, std::memory_order_relaxed);
    jobs_.insert_or_assign(Key{job.peer(), job.call().id}, &job); // one that was refused may be about to be forgotten
    return true;
}

void CallServer::forget(const Job& job) {
    const std::lock_guard lock{mutex_};
    const auto found = jobs_.find(Key{job.peer(), job.call().id});
    if (found != jobs_.end() && found->second == &job) jobs_.erase(found);
    if (load_.fetch_sub(1, std::memory_order_relaxed) == 1) idle_.notify_all();
}

} // namespace malla
