// SPDX-License-Identifier: Apache-2.0
#include "cli/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace malla::cli {

namespace {

struct PipeEnds {
    Descriptor read;
    Descriptor write;

    [[nodiscard]] bool open() {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
        read = Descriptor{ends[0]};
        write = Descriptor{ends[1]};
        return true;
    }
};

/// By number: glibc 2.36 declares its function for C only.
Descriptor open_process(pid_t pid) { return Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}; }

bool set_non_blocking(const Descriptor& end) { return ::fcntl(end.get(), F_SETFL, O_NONBLOCK) == 0; }

Status cannot_start(int error) {
    return Status{"command_failed", std::string{"it cannot be started: "} + std::strerror(error)};
}

/// What the child begins with: its pipes, no other descriptor, default signals, a group of its own.
class Start {
public:
    Start() {
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
    ~Start() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;

    void connect(const Descriptor& end, int as) { ::posix_spawn_file_actions_adddup2(&actions_, end.get(), as); }

    /// 0, or the number of the error.
    int run(pid_t& pid, const std::string& command) {
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        std::string shell = "sh";
        std::string option = "-c";
        std::string text = command;
        const std::array<char*, 4> words{shell.data(), option.data(), text.data(), nullptr};
        return ::posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, words.data(), environ);
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

} // namespace

Result<Child> Child::start(const std::string& command, bool own_error) {
    PipeEnds in;
    PipeEnds out;
    PipeEnds err;
    if (!in.open() || !out.open() || (own_error && !err.open())) return cannot_start(errno);
    Start start;
    start.connect(in.read, STDIN_FILENO);
    start.connect(out.write, STDOUT_FILENO);
    if (own_error) start.connect(err.write, STDERR_FILENO);
    Child child;
    if (const int error = start.run(child.pid_, command); error != 0) {
        child.pid_ = -1;
        return cannot_start(error);
    }
    child.process_ = open_process(child.pid_);
    child.input = std::move(in.write);
    child.output = std::move(out.read);
    child.error = std::move(err.read);
    if (!child.process_.is_open() || !set_non_blocking(child.input) || !set_non_blocking(child.output) ||
        (own_error && !set_non_blocking(child.error)))
        return cannot_start(errno);
    return child;
}

Child& Child::operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    process_ = std::move(other.process_);
    input = std::move(other.input);
    output = std::move(other.output);
    error = std::move(other.error);
    return *this;
}

void Child::kill() noexcept {
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

int Child::reap() noexcept {
    // While the shell is not reaped, no other process can get its number.
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    kill();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
}

void Child::end() noexcept {
    if (pid_ <= 0) return;
    kill();
    reap();
}

std::string end_text(int wait_status) {
    if (WIFEXITED(wait_status)) return "exit status " + std::to_string(WEXITSTATUS(wait_status));
    const int number = WTERMSIG(wait_status);
    return "killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
}

} // namespace malla::cli
