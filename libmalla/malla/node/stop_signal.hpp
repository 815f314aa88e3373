// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/once.hpp"

#include <csignal>
#include <utility>
#include <vector>

namespace malla {

/// Turns SIGTERM, SIGINT and, unless it is ignored or handled, SIGHUP into something to wait for, as
/// long as it lives. A SIGTERM or SIGINT that comes half a second or more behind the first signal is
/// from somebody who does not want to wait: it ends the program at once, as the first process of a
/// container, which no such signal ends, with 128 and its number. What comes sooner is the same wish once
/// more, as `timeout`, for one, sends its signal to the program and to its process group. A hangup only
/// ever is a first one, until this has ended: then what comes half a second behind the first has its
/// effect of before. One at a time.
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
    std::vector<std::pair<int, struct sigaction>> before_; ///< of those that it handles
};

} // namespace malla
