// SPDX-License-Identifier: Apache-2.0
#include "malla/service/service_core.hpp"

#include "malla/base/error.hpp"
#include "malla/service/status_api.hpp"

#include <chrono>
#include <exception>

namespace malla {

namespace {

using namespace std::chrono_literals;

constexpr auto default_wait = 15s; // as long as a remote call waits

bool on_this_thread(const Gate& gate) noexcept {
    for (const Frame* frame = Frame::current(); frame; frame = frame->outer())
        if (frame->gate() == &gate) return true;
    return false;
}

template <class... C>
trace::CallbackSet traced_by(const LiveChain& chain, TypeList<C...>) noexcept {
    return (trace::CallbackSet{0} | ... | (chain.takes_part(callback_id<C>()) ? trace::callback_set<C> : 0));
}

} // namespace

const LiveChain ServiceCore::no_plugins;

void ServiceCore::set_present(const LiveChain& chain) noexcept {
    present_.store(&chain, std::memory_order_release);
    traced_.store(traced_by(chain, trace::AllCallbacks{}), std::memory_order_release);
}

Status ServiceCore::refusal() const {
    switch (running_status()) {
    case RunningStatus::pausing:
    case RunningStatus::paused: return Status{"paused", name_};
    case RunningStatus::draining: return Status{"draining", name_};
    default: return Status{"service_not_available", name_};
    }
}

Status status_of_exception(const ServiceCore& service) noexcept {
    const ServiceScope scope{service};
    try {
        throw;
    } catch (const Error& error) {
        return public_status(error.status());
    } catch (const std::exception& error) {
        return public_status(Reason{.id = "exception", .text = error.what(), .exception = &error});
    } catch (...) {
        return public_status(Reason{.id = "exception", .text = "an exception that is no std::exception"});
    }
}

Status answered(Status status) {
    if (status.outcome() == Outcome::not_run) status.set_outcome(Outcome::answered);
    return status;
}

void LocalEntry::enter_contended(const std::optional<Deadline>& limit) {
    if (on_this_thread(*gate_)) {
        gate_ = nullptr;
        return;
    }
    const Deadline deadline = std::min(current_deadline(), limit.value_or(Deadline::in(default_wait)));
    blocking_ = new BlockingScope;
    const auto entry = gate_->enter_waiting(current_root(), deadline);
    if (entry == Gate::Entry::entered) return;
    gate_ = nullptr;
    entered_ = false;
    full_ = entry == Gate::Entry::full;
}

Status LocalEntry::refusal() const {
    if (!service_->open()) return service_->refusal();
    return full_ ? Status{"busy", service_->name()} : Status{"expired"};
}

} // namespace malla
