// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/descriptor.hpp"

#include <span>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/types.h>

namespace malla {

/// What a process begins with: no signal blocked or ignored, a group of its own, and of this
/// program's descriptors the three standard ones only.
class ProcessStart {
public:
    ProcessStart();
    ~ProcessStart();
    ProcessStart(const ProcessStart&) = delete;
    ProcessStart& operator=(const ProcessStart&) = delete;

    /// Gives it `descriptor` as one of its three.
    void connect(const Descriptor& descriptor, int as);
    /// Gives it nothing to read.
    void connect_no_input();
    void change_directory(const std::string& folder);
    /// Runs `argv`, whose first word is a path or looked for in PATH, with `changes`, as NAME=VALUE,
    /// to this program's environment. Once. Gives 0 and its number, or the system's error.
    [[nodiscard]] int run(pid_t& pid, std::vector<std::string> argv, std::span<const std::string> changes = {});

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// Opens /dev/null in the place of each standard descriptor that is closed, so that no other one becomes it: an output
/// with these flags of `open`, the input so that it cannot be read. To be called before all others.
void open_standard_descriptors(int output_flags) noexcept;

/// Readable when the process has ended; not open, with errno, when there is no such process.
[[nodiscard]] Descriptor open_process(pid_t pid) noexcept;

/// "exit status 3", or "killed by signal 9 (Killed)".
[[nodiscard]] std::string end_text(int wait_status);

} // namespace malla
