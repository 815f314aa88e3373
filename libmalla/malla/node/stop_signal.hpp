// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/once.hpp"

#include <csignal>
#include <utility>
#include <vector>

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

    /// Returns when one has come, which is true, or something else has happened.
    [[nodiscard]] bool wait(const Once& other) const;
    /// Readable when one has come.
    [[nodiscard]] int fd() const noexcept { return read_fd_; }
    /// From now on SIGTERM and SIGINT end the program at once.
    void let_go() noexcept;

private:
    int read_fd_ = -1;
    std::vector<std::pair<int, struct sigaction>> before_; ///< of those that it handles
};

} // namespace malla
