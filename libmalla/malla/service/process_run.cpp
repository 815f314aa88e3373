// SPDX-License-Identifier: Apache-2.0
#include "malla/service/process_run.hpp"

#include "malla/base/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <sys/wait.h>

namespace malla {

namespace {

Status cannot_start(int error) { return Status{"internal_error"}.set_info(std::strerror(error)); }

/// Whether the system throws exit statuses away.
bool ignores_children() {
    struct sigaction now {};
    ::sigaction(SIGCHLD, nullptr, &now);
    return now.sa_handler == SIG_IGN || (now.sa_flags & SA_NOCLDWAIT) != 0;
}

/// How a process crashed, or nothing when it did not.
std::optional<std::string> crash_text(int wait_status) {
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return std::nullopt;
    return end_text(wait_status);
}

} // namespace

ProcessRun::ProcessRun(pid_t pid) noexcept : pid_{pid}, process_{open_process(pid)} {}

Result<std::unique_ptr<ChildRun>> ProcessRun::start(const std::vector<std::string>& argv,
                                                    const ProcessOptions& options) {
    if (argv.empty()) return Status{"internal_error"}.set_info("it has nothing to run");
    if (ignores_children()) return Status{"internal_error"}.set_info("this program ignores SIGCHLD");
    pid_t pid = 0;
    ProcessStart start;
    start.connect_no_input();
    if (!options.directory.empty()) start.change_directory(options.directory);
    if (const int error = start.run(pid, argv, options.environment); error != 0) return cannot_start(error);
    std::unique_ptr<ProcessRun> run{new ProcessRun{pid}};
    if (run->process_.is_open()) return run;
    const int error = errno;
    (void)run->kill();
    (void)run->finish();
    return cannot_start(error);
}

ProcessRun::~ProcessRun() {
    // Not waited for: one that even SIGKILL does not end hangs in the kernel.
    if (pid_ != 0 && kill()) ::waitpid(pid_, nullptr, WNOHANG);
}

void ProcessRun::ask_to_stop() noexcept {
    if (!std::exchange(asked_, true)) ::kill(-pid_, SIGTERM);
}

bool ProcessRun::kill() noexcept {
    asked_ = true;
    ::kill(-pid_, SIGKILL);
    return true;
}

std::optional<std::string> ProcessRun::finish() {
    // While it is not reaped, no other process or group can get its number.
    siginfo_t info{};
    int result = 0;
    do result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
    while (result < 0 && errno == EINTR);
    if (result == 0) ::kill(-pid_, SIGKILL);
    int status = 0;
    do result = ::waitpid(pid_, &status, 0);
    while (result < 0 && errno == EINTR);
    pid_ = 0;
    if (asked_) return std::nullopt;
    if (result < 0) return "somebody else in this program took its exit status";
    return crash_text(status);
}

} // namespace malla
