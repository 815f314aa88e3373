// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/service/gate.hpp"

#include <cstdint>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

namespace malla {

/// What a handler may know of the remote call that it works for.
struct CallInfo {
    RequestId id;
    RequestId root; ///< the call at the root of the tree of calls
    NodeId caller;  ///< the node that made this call
    std::string_view caller_name;
    Deadline deadline{Clock::time_point::max()}; ///< nobody waits for the answer after it
    std::string_view traceparent;                ///< W3C trace context, may be empty
    std::vector<std::pair<std::string_view, std::string_view>> metadata;
    std::stop_token cancelled; ///< set when the caller cancelled or is gone
    /// Who calls, as the connection's key proves: the name that the list of allowed keys has for it. Empty where
    /// keys do not tell nodes apart. `caller_name` is only what the caller says of itself.
    std::string_view identity;
    bool may_administer = false; ///< whether it may operate services, as far as credentials decide that
};

class ServiceCore;

/// One service call that runs on this thread; the innermost is `current()`.
///
/// Made and destroyed in the order of a stack by the library; handlers read it through the
/// functions below.
class Frame {
public:
    /// `gate` is the one that this call holds, if it holds any; `call` is null for a local call.
    Frame(const ServiceCore& service, Gate* gate, const CallInfo* call) noexcept
        : outer_{current_}, service_{&service}, gate_{gate}, call_{call} {
        current_ = this;
    }
    ~Frame() { current_ = outer_; }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    [[nodiscard]] static Frame* current() noexcept { return current_; }
    [[nodiscard]] Frame* outer() const noexcept { return outer_; }
    [[nodiscard]] const ServiceCore& service() const noexcept { return *service_; }
    [[nodiscard]] Gate* gate() const noexcept { return gate_; }
    /// Null for a local call.
    [[nodiscard]] const CallInfo* call() const noexcept { return call_; }

private:
    Frame* outer_;
    const ServiceCore* service_;
    Gate* gate_;
    const CallInfo* call_;

    // One copy for the process, shared with services loaded from shared objects.
    [[gnu::visibility("default"), gnu::tls_model("initial-exec")]] static thread_local constinit Frame* current_;
};

/// Makes a service the current one of a thread that runs none of its handlers, so that what the
/// thread does (statuses, logs, events) is done for that service. A plugin's own thread does so
/// with the service that was current in its `start`. Lives no longer than the service.
class ServiceScope {
public:
    explicit ServiceScope(const ServiceCore& service) noexcept : frame_{service, nullptr, nullptr} {}

private:
    Frame frame_;
};

/// The current service of this thread; throws `Error` with `service_missing` where there is none.
[[nodiscard]] const ServiceCore& require_service();
/// The remote call that the running handler works for, or nullptr outside of one.
[[nodiscard]] const CallInfo* current_call() noexcept;
/// The name of the service whose handler runs on this thread, or of its `ServiceScope`, or "".
[[nodiscard]] std::string_view current_service() noexcept;
/// The tree that calls made by this thread belong to. Outside of any call, a thread is a tree of its own.
[[nodiscard]] RequestId current_root() noexcept;
/// When the handler that runs on this thread must have answered; the end of time outside of one.
[[nodiscard]] Deadline current_deadline() noexcept;

/// What a handler's thread waits for.
enum class WaitFor : std::uint8_t {
    calls, ///< what may not come before its node has served other calls
    work,  ///< what is done elsewhere
};

/// Told when a handler's thread is about to wait, so that another thread can do its other work, and when it goes on.
class BlockingListener {
public:
    virtual void about_to_block(WaitFor what) noexcept = 0;
    virtual void goes_on(WaitFor what) noexcept = 0;

protected:
    ~BlockingListener() = default;
};

/// Says who is told on this thread; null for nobody.
void set_blocking_listener(BlockingListener* listener) noexcept;

/// Around every wait inside the library: suspends the serial services whose handlers are on this
/// thread's stack, so that calls of the same tree may enter them meanwhile.
class BlockingScope {
public:
    explicit BlockingScope(WaitFor what = WaitFor::calls);
    ~BlockingScope();
    BlockingScope(const BlockingScope&) = delete;
    BlockingScope& operator=(const BlockingScope&) = delete;

private:
    const WaitFor what_;
};

} // namespace malla
