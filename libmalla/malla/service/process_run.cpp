// SPDX-License-Identifier: Apache-2.0
#include "malla/service/process_run.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace malla {

namespace {

/// Pointers to the texts, and the null behind them that C wants.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

std::string_view name_in(std::string_view variable) { return variable.substr(0, variable.find('=')); }

/// This program's environment with `changes` in it.
std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
    std::vector<std::string> all = changes;
    for (char** each = environ; each && *each; ++each)
        if (std::ranges::find(changes, name_in(*each), name_in) == changes.end()) all.emplace_back(*each);
    return all;
}

/// What the process begins with: no signal blocked or ignored, and a group of its own.
class Beginning {
public:
    Beginning() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Beginning() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    Beginning(const Beginning&) = delete;
    Beginning& operator=(const Beginning&) = delete;

    /// 0, or the number of the error.
    int run(pid_t& pid, std::vector<std::string> argv, const ProcessOptions& options) {
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        if (!options.directory.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, options.directory.c_str());
        auto environment = environment_with(options.environment);
        const auto words = pointers(argv);
        const auto variables = pointers(environment);
        return ::posix_spawnp(&pid, words.front(), &actions_, &attributes_, words.data(), variables.data());
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// By number: glibc 2.36 declares its function for C only.
int open_process(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

Status cannot_start(int error) { return Status{"internal_error"}.set_info(std::strerror(error)); }

/// Whether the system throws exit statuses away.
bool ignores_children() {
    struct sigaction now {};
    ::sigaction(SIGCHLD, nullptr, &now);
    return now.sa_handler == SIG_IGN || (now.sa_flags & SA_NOCLDWAIT) != 0;
}

/// How a process crashed, or nothing when it did not.
std::optional<std::string> crash_text(int wait_status) {
    if (WIFEXITED(wait_status)) {
        if (WEXITSTATUS(wait_status) == 0) return std::nullopt;
        return "exit status " + std::to_string(WEXITSTATUS(wait_status));
    }
    const int number = WTERMSIG(wait_status);
    return "killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
}

} // namespace

ProcessRun::ProcessRun(pid_t pid) noexcept : pid_{pid}, process_{open_process(pid)} {}

Result<std::unique_ptr<ChildRun>> ProcessRun::start(const std::vector<std::string>& argv,
                                                    const ProcessOptions& options) {
    if (argv.empty()) return Status{"internal_error"}.set_info("it has nothing to run");
    if (ignores_children()) return Status{"internal_error"}.set_info("this program ignores SIGCHLD");
    pid_t pid = 0;
    if (const int error = Beginning{}.run(pid, argv, options); error != 0) return cannot_start(error);
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
