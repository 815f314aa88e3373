// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"

#include <string_view>

namespace malla::transport {

// The one ZeroMQ context of the process, for the other sources of this layer.
//
// Order at the end: owners close their sockets; the exit of the process then ends the context,
// which takes as long as the longest flush asked for. If a socket is still open, the context is
// left to the system instead, since ending it would wait for that socket for ever. The same in a
// forked child, whose copy of the context has no threads.

/// A new ZeroMQ socket; `internal_error` when there are no descriptors left.
[[nodiscard]] Result<void*> open_handle(int type);

/// As `open_handle`, for one that its owner closes with `zmq_close` when the context ends; null on failure.
[[nodiscard]] void* open_internal_handle(int type) noexcept;

/// Closes what `open_handle` opened; queued messages get `flush` to leave.
void close_handle(void* handle, Clock::duration flush = Clock::duration::zero()) noexcept;

/// The status for `error`, an errno of ZeroMQ, about `subject`, mostly an endpoint.
[[nodiscard]] Status status_of(int error, std::string_view subject);

/// Whether errno says that a signal interrupted the last call.
[[nodiscard]] bool interrupted() noexcept;

/// Repeats `call`, which returns -1 and sets errno, while a signal interrupted it.
template <class Call>
int uninterrupted(Call call) noexcept {
    for (;;) {
        const int result = call();
        if (result != -1 || !interrupted()) return result;
    }
}

} // namespace malla::transport
