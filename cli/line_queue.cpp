// SPDX-License-Identifier: Apache-2.0
#include "cli/line_queue.hpp"

#include <algorithm>
#include <utility>

#include <sys/eventfd.h>

namespace malla::cli {

namespace {

bool is_free(const LineQueue::Worker* worker) { return worker->ready && worker->written == 0; }
bool has_room(const LineQueue::Worker* worker) { return worker->ready && worker->written < worker->ahead; }
bool is_down(const LineQueue::Worker* worker) { return !worker->has_child; }

} // namespace

LineQueue::Worker::Worker() : wake_descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

void LineQueue::Worker::wake() {
    if (!std::exchange(awake, true)) ::eventfd_write(wake_descriptor.get(), 1);
}

void LineQueue::Call::answer(Result<std::string> with) {
    result.emplace(std::move(with));
    changed.notify_one();
}

void LineQueue::push(CallPtr call) {
    waiting_.push_back(std::move(call));
    wake_for_next();
}

void LineQueue::put_back(CallPtr call) {
    call->worker = nullptr;
    if (call->given_up.empty()) waiting_.push_front(std::move(call));
}

bool LineQueue::may_take(const Worker& worker) const {
    return !waiting_.empty() && has_room(&worker) && (worker.written == 0 || std::ranges::none_of(workers_, is_free));
}

LineQueue::CallPtr LineQueue::take(Worker& worker) {
    while (may_take(worker)) {
        auto call = std::move(waiting_.front());
        waiting_.pop_front();
        if (call->deadline.passed(Clock::now())) continue; // its caller is about to see that
        call->worker = &worker;
        ++worker.written;
        return call;
    }
    return nullptr;
}

bool LineQueue::give_up(const CallPtr& call, std::string_view why) {
    call->given_up = why;
    if (!call->worker) return std::erase(waiting_, call), false;
    call->worker->was_left = true;
    call->worker->wake();
    return true;
}

void LineQueue::refuse_waiting() {
    if (!nothing_to_run || !std::ranges::all_of(workers_, is_down)) return;
    for (const auto& call : std::exchange(waiting_, {})) call->answer(*nothing_to_run);
}

// The free first. Where nobody is, one that may be written lines ahead, and one whose command has to be started.
void LineQueue::wake_for_next() {
    if (waiting_.empty()) return;
    const auto wake_one = [this](bool (*is_wanted)(const Worker*)) {
        const auto found = std::ranges::find_if(workers_, is_wanted);
        if (found != workers_.end()) (*found)->wake();
        return found != workers_.end();
    };
    if (wake_one(is_free)) return;
    wake_one(has_room);
    Worker* first = nullptr;
    for (Worker* worker : workers_)
        if (is_down(worker) && (!first || worker->start_at < first->start_at)) first = worker;
    if (first) first->wake();
}

std::optional<Status> LineQueue::refusal(Clock::time_point now) const {
    const auto is_later = [now](const Worker* worker) { return is_down(worker) && worker->start_at > now; };
    return std::ranges::all_of(workers_, is_later) ? nothing_to_run : std::nullopt;
}

std::string LineQueue::why_down() const { return std::ranges::all_of(workers_, is_down) ? last_loss : ""; }

} // namespace malla::cli
