// SPDX-License-Identifier: Apache-2.0
#include "cli/child.hpp"

#include "malla/base/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
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

bool set_non_blocking(const Descriptor& end) { return ::fcntl(end.get(), F_SETFL, O_NONBLOCK) == 0; }

Status cannot_start(int error) {
    return Status{"command_failed", std::string{"it cannot be started: "} + std::strerror(error)};
}

} // namespace

Result<Child> Child::start(const std::string& command, const Options& options) {
    PipeEnds in;
    PipeEnds out;
    PipeEnds err;
    if (!in.open() || !out.open() || (options.own_error && !err.open())) return cannot_start(errno);
    ProcessStart start;
    start.connect(in.read, STDIN_FILENO);
    start.connect(out.write, STDOUT_FILENO);
    if (options.own_error) start.connect(err.write, STDERR_FILENO);
    Child child;
    if (const int error = start.run(child.pid_, {"/bin/sh", "-c", command}, options.environment); error != 0) {
        child.pid_ = -1;
        return cannot_start(error);
    }
    if (options.guardian && options.guardian->guard(child.pid_)) child.guardian_ = options.guardian;
    child.process_ = open_process(child.pid_);
    child.input = std::move(in.write);
    child.output = std::move(out.read);
    child.error = std::move(err.read);
    if (!child.process_.is_open() || !set_non_blocking(child.input) || !set_non_blocking(child.output) ||
        (options.own_error && !set_non_blocking(child.error)))
        return cannot_start(errno);
    return child;
}

Child& Child::operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(guardian_, other.guardian_);
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
    if (guardian_) guardian_->release(pid_);
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

} // namespace malla::cli
