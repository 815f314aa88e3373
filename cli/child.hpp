// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/guardian.hpp"
#include "malla/base/descriptor.hpp"
#include "malla/base/result.hpp"

#include <span>
#include <string>

#include <sys/types.h>

namespace malla::cli {

/// A shell command in a process group of its own, connected by pipes that do not block on this side.
/// Destroying it kills what is left of the group.
class Child {
public:
    struct Options {
        bool own_error = false;                     ///< its standard error is a pipe, else this process's
        Guardian* guardian = nullptr;               ///< kills its group when this process ends; outlives it
        std::span<const std::string> environment{}; ///< NAME=VALUE, besides this process's
    };

    /// Starts `/bin/sh -c command`.
    [[nodiscard]] static Result<Child> start(const std::string& command, const Options& options);

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
    Guardian* guardian_ = nullptr;
};

} // namespace malla::cli
