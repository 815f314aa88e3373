// SPDX-License-Identifier: Apache-2.0
#include "malla/service/context.hpp"

#include "malla/base/error.hpp"
#include "malla/service/service_core.hpp"

#include <atomic>
#include <vector>

namespace malla {

namespace {

thread_local BlockingListener* blocking_listener = nullptr;
// Where this thread waits, outermost first: the gates from there outwards are suspended.
thread_local std::vector<const Frame*> waits;

// Innermost first. A request and its handler are two frames in a gate that was entered once.
template <class Visit>
void for_each_gate_since_wait(Visit visit) {
    const Frame* const outside = waits.empty() ? nullptr : waits.back();
    for (const Frame* frame = Frame::current(); frame != outside; frame = frame->outer()) {
        const Frame* inner = Frame::current();
        while (inner->gate() != frame->gate()) inner = inner->outer();
        if (frame->gate() && inner == frame) visit(*frame->gate());
    }
}

// One tree for each thread that is in no call, unique in the mesh.
RequestId thread_root() noexcept {
    static const NodeId process = NodeId::random();
    static std::atomic<std::uint64_t> threads = 0;
    thread_local const RequestId root{process, ++threads};
    return root;
}

} // namespace

thread_local constinit Frame* Frame::current_ = nullptr;

const ServiceCore& require_service() {
    if (const Frame* frame = Frame::current()) return frame->service();
    throw Error{Status{"service_missing"}};
}

const CallInfo* current_call() noexcept {
    const Frame* frame = Frame::current();
    while (frame && !frame->call()) frame = frame->outer();
    return frame ? frame->call() : nullptr;
}

std::string_view current_service() noexcept {
    const Frame* frame = Frame::current();
    return frame ? frame->service().name() : std::string_view{};
}

RequestId current_root() noexcept {
    const CallInfo* call = current_call();
    return call ? call->root : thread_root();
}

Deadline current_deadline() noexcept {
    const CallInfo* call = current_call();
    return call ? call->deadline : Deadline{Clock::time_point::max()};
}

void set_blocking_listener(BlockingListener* listener) noexcept { blocking_listener = listener; }

BlockingScope::BlockingScope(WaitFor what) : what_{what} {
    const Frame* frame = Frame::current();
    if (!frame) return;
    for_each_gate_since_wait([root = current_root()](Gate& gate) { gate.suspend(root); });
    waits.push_back(frame);
    if (blocking_listener) blocking_listener->about_to_block(what);
}

BlockingScope::~BlockingScope() {
    if (!Frame::current()) return;
    waits.pop_back();
    for_each_gate_since_wait([](Gate& gate) { gate.resume(); });
    if (blocking_listener) blocking_listener->goes_on(what_);
}

} // namespace malla
