// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/base/service_status.hpp"
#include "malla/base/version.hpp"
#include "malla/chain/live_chain.hpp"
#include "malla/service/context.hpp"
#include "malla/service/gate.hpp"
#include "malla/service/pins.hpp"
#include "malla/service/registry.hpp"
#include "malla/service/store.hpp"
#include "malla/service/trace_api.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

namespace malla {

class Events;
class ServiceCore;

/// The status for the exception that is being handled in `service`: the one inside an `Error`, else
/// its `public_status`, so that the exception's text is in the log only.
[[nodiscard]] Status status_of_exception(const ServiceCore& service) noexcept;

/// The status of a handler as the answer that it is. One that says `not_run` is about another call,
/// which the handler made: whoever called the handler must not take it for his own and call again.
[[nodiscard]] Status answered(Status status);

/// What every service has, whatever its plugins: its name, its status, and the way in.
class ServiceCore {
public:
    ServiceCore(std::string_view name, Version version, bool concurrent) noexcept
        : name_{name}, version_{version}, concurrent_{concurrent} {}
    ServiceCore(const ServiceCore&) = delete;
    ServiceCore& operator=(const ServiceCore&) = delete;

    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] Version version() const noexcept { return version_; }
    /// Whether several calls may run in it at once; else it runs one call tree at a time.
    [[nodiscard]] bool concurrent() const noexcept { return concurrent_; }
    [[nodiscard]] Gate& gate() noexcept { return gate_; }
    [[nodiscard]] const Gate& gate() const noexcept { return gate_; }
    /// What its plugins keep, until it is destroyed.
    [[nodiscard]] Store& storage() noexcept { return storage_; }
    [[nodiscard]] Registry& registry() noexcept { return registry_; }
    /// Held by the calls of a concurrent service, and by those beside others.
    [[nodiscard]] Pins& pins() noexcept { return pins_; }
    [[nodiscard]] const Pins& pins() const noexcept { return pins_; }

    [[nodiscard]] RunningStatus running_status() const noexcept { return status_.load(std::memory_order_acquire); }
    void set_running_status(RunningStatus status) noexcept {
        // Closed before it says so: whoever sees the status must not get in any more.
        if (status != RunningStatus::running) open_unchanged_.store(false, std::memory_order_release);
        status_.store(status, std::memory_order_release);
        set_open_unchanged();
    }
    [[nodiscard]] bool open() const noexcept { return running_status() == RunningStatus::running; }
    /// Whether the chain is no longer the one that was compiled.
    void set_changed(bool changed) noexcept {
        changed_ = changed;
        set_open_unchanged();
    }
    /// Open, and the chain is as it was compiled: what a call finds nearly always, in one question.
    [[nodiscard]] bool open_unchanged() const noexcept { return open_unchanged_.load(std::memory_order_acquire); }
    /// Calls `C` down the present chain beside the calls that run: without the gate and whatever the
    /// status. For callbacks that say of themselves that they come from any thread, such as those of
    /// logs and events; their plugins take care of that. An exception becomes a status.
    template <IsCallback C, class... Arguments>
    Result<ResultOf<C>> call_beside(Arguments&&... arguments) const {
        const Pins::Pin pin{pins_}; // the chain stays while it is held
        try {
            return call_pinned<C>(std::forward<Arguments>(arguments)...);
        } catch (...) {
            return status_of_exception(*this);
        }
    }
    /// As above for whoever holds a pin. What a plugin throws goes on to the caller.
    template <IsCallback C, class... Arguments>
    Result<ResultOf<C>> call_pinned(Arguments&&... arguments) const {
        const Frame frame{*this, nullptr, nullptr};
        return present_.load(std::memory_order_acquire)->template call<C>(std::forward<Arguments>(arguments)...);
    }
    /// Whether some plugin takes part in `C` at present.
    template <IsCallback C>
    [[nodiscard]] bool takes_part() const {
        const Pins::Pin pin{pins_};
        return present_.load(std::memory_order_acquire)->takes_part(callback_id<C>());
    }
    /// Whether a plugin takes part in one of these callbacks at present: one load, for hot paths.
    [[nodiscard]] bool traces(trace::CallbackSet callbacks) const noexcept {
        return (traced_.load(std::memory_order_relaxed) & callbacks) != 0;
    }
    /// The chain that `call_beside` calls from now on; it stays until all that hold a pin have left.
    void set_present(const LiveChain& chain) noexcept;
    /// Nobody takes part in anything any more.
    void set_absent() noexcept { set_present(no_plugins); }

    /// What makes its events; null when no node hosts it. Any thread.
    [[nodiscard]] std::shared_ptr<Events> events() const {
        const std::lock_guard lock{events_mutex_};
        return events_;
    }
    /// Shared, for an event may be under way when its node goes.
    void set_events(std::shared_ptr<Events> events) {
        const std::lock_guard lock{events_mutex_};
        events_ = std::move(events);
    }

    /// Why the door is closed: `paused`, `draining` or `service_not_available`, all of them not run.
    [[nodiscard]] Status refusal() const;

private:
    void set_open_unchanged() noexcept { open_unchanged_.store(open() && !changed_, std::memory_order_release); }

    std::string_view name_;
    Version version_;
    bool concurrent_;
    std::atomic<bool> changed_ = false;
    std::atomic<bool> open_unchanged_ = false;
    std::atomic<RunningStatus> status_ = RunningStatus::stopped;
    Gate gate_;
    Pins pins_;
    Store storage_;
    Registry registry_;
    std::atomic<const LiveChain*> present_ = &no_plugins;
    std::atomic<trace::CallbackSet> traced_ = 0; ///< those in which a plugin of `present_` takes part
    mutable std::mutex events_mutex_;
    std::shared_ptr<Events> events_;

    static const LiveChain no_plugins;
};

/// Holds a serial service's gate for a local call; a concurrent service has nothing to hold.
///
/// Called again from inside its own tree, a service is entered at once.
class LocalEntry {
public:
    /// Waits its turn until the deadline of the call that is under way, and `limit`: 15 s unless given.
    explicit LocalEntry(ServiceCore& service, const std::optional<Deadline>& limit = {}) : service_{&service} {
        if (!service.open()) [[unlikely]]
            entered_ = false;
        else if (!service.concurrent()) {
            gate_ = &service.gate();
            if (!gate_->try_enter()) [[unlikely]]
                enter_contended(limit);
        }
    }
    ~LocalEntry() {
        if (gate_) gate_->leave();
        if (blocking_) [[unlikely]]
            delete blocking_;
    }
    LocalEntry(const LocalEntry&) = delete;
    LocalEntry& operator=(const LocalEntry&) = delete;

    [[nodiscard]] bool entered() const noexcept { return entered_; }
    [[nodiscard]] Gate* gate() const noexcept { return gate_; }
    /// Why it did not enter.
    [[nodiscard]] Status refusal() const;

private:
    void enter_contended(const std::optional<Deadline>& limit);

    ServiceCore* service_;
    Gate* gate_ = nullptr;
    BlockingScope* blocking_ = nullptr; // from the first wait to the end of the call: the caller waits all that time
    bool entered_ = true;
    bool full_ = false;
};

} // namespace malla
