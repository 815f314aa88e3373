// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/descriptor.hpp"
#include "malla/base/result.hpp"

#include <string>

#include <sys/types.h>

namespace malla::cli {

/// A shell command in a process group of its own, connected by pipes that do not block on this side.
/// Destroying it kills what is left of the group.
class Child {
public:
    /// Starts `/bin/sh -c command`. Its standard error is a pipe, or this process's where `own_error` is false.
    [[nodiscard]] static Result<Child> start(const std::string& command, bool own_error);

    Child(Child&& other) noexcept { *this = std::move(other); }
    Child& operator=(Child&& other) noexcept;
    ~Child() { end(); }

    Descriptor input;  ///< to write to
    Descriptor output; ///< to read from
    Descriptor error;  ///< to read from

    /// Readable when the shell has ended.
    [[nodiscard]] int ended_descriptor() const noexcept { return process_.get(); }
    /// Kills the whole group.
    void kill() noexcept;
    /// Waits for the shell's end, kills what it left behind; gives what `waitpid` says. Once.
    int reap() noexcept;

private:
    Child() = default;
    void end() noexcept;

    pid_t pid_ = -1; ///< also the number of its group
    Descriptor process_;
};

} // namespace malla::cli
