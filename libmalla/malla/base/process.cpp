// SPDX-License-Identifier: Apache-2.0
#include "malla/base/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

std::vector<std::string> environment_with(std::span<const std::string> changes) {
    std::vector<std::string> all{changes.begin(), changes.end()};
    for (char** each = environ; each && *each; ++each)
        if (std::ranges::find(changes, name_in(*each), name_in) == changes.end()) all.emplace_back(*each);
    return all;
}

} // namespace

ProcessStart::ProcessStart() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

ProcessStart::~ProcessStart() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
}

void ProcessStart::connect(const Descriptor& descriptor, int as) {
    ::posix_spawn_file_actions_adddup2(&actions_, descriptor.get(), as);
}

void ProcessStart::connect_no_input() {
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
}

void ProcessStart::change_directory(const std::string& folder) {
    ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
}

int ProcessStart::run(pid_t& pid, std::vector<std::string> argv, std::span<const std::string> changes) {
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    auto environment = environment_with(changes);
    const auto words = pointers(argv);
    const auto variables = pointers(environment);
    return ::posix_spawnp(&pid, words.front(), &actions_, &attributes_, words.data(), variables.data());
}

void open_standard_descriptors(int output_flags) noexcept {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(descriptor, F_GETFD) < 0) // then it is the least that is free
            static_cast<void>(::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : output_flags));
}

// By number: glibc 2.36 declares its function for C only.
Descriptor open_process(pid_t pid) noexcept { return Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}; }

std::string end_text(int wait_status) {
    if (WIFEXITED(wait_status)) return "exit status " + std::to_string(WEXITSTATUS(wait_status));
    const int number = WTERMSIG(wait_status);
    return "killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
}

} // namespace malla
