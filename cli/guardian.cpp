// SPDX-License-Identifier: Apache-2.0
#include "cli/guardian.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace malla::cli {

namespace {

Status cannot_start(int error) {
    return Status{"internal_error"}.set_info(std::string{"Cannot watch over commands: "} + std::strerror(error));
}

} // namespace

Result<std::unique_ptr<Guardian>> Guardian::start(std::size_t max_groups) {
    void* shared =
        ::mmap(nullptr, max_groups * sizeof(Group), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return cannot_start(errno);
    std::unique_ptr<Guardian> guardian{new Guardian{{static_cast<Group*>(shared), max_groups}}}; // zero, as it comes
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_start(errno);
    const Descriptor alive{ends[0]};
    guardian->alive_ = Descriptor{ends[1]};
    guardian->pid_ = ::fork();
    if (guardian->pid_ < 0) return cannot_start(errno);
    if (guardian->pid_ == 0) guardian->watch(alive.get());
    return guardian;
}

Guardian::~Guardian() {
    alive_.close();
    while (pid_ > 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    ::munmap(groups_.data(), groups_.size_bytes());
}

// Keeps nothing open or busy that the other process leaves.
void Guardian::watch(int alive) noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    ::prctl(PR_SET_NAME, "malla-guardian");
    ::setsid();
    if (::chdir("/") != 0 || ::dup2(alive, STDIN_FILENO) != STDIN_FILENO) ::_exit(1);
    ::closefrom(STDIN_FILENO + 1);
    char none = 0;
    while (::read(STDIN_FILENO, &none, 1) < 0 && errno == EINTR) {
    }
    for (const Group& group : groups_)
        if (const pid_t number = group.load(); number > 0) ::kill(-number, SIGKILL);
    ::_exit(0);
}

bool Guardian::replace(pid_t old, pid_t group) noexcept {
    return std::ranges::any_of(groups_, [&](Group& each) {
        pid_t expected = old;
        return each.compare_exchange_strong(expected, group);
    });
}

} // namespace malla::cli
