// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/once.hpp"

#include <csignal>

namespace malla {

/// Turns SIGTERM, SIGINT and, unless it is ignored or handled, SIGHUP into something to wait for, as
/// long as it lives. Each of them works once: the second one has its usual effect and ends the
/// program. One at a time.
class StopSignal {
public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    /// Returns when one has come, or something else has happened.
    void wait(const Once& other) const;
    /// Readable when one has come.
    [[nodiscard]] int fd() const noexcept { return read_fd_; }

private:
    int read_fd_ = -1;
    struct sigaction old_term_ {};
    struct sigaction old_int_ {};
};

} // namespace malla
