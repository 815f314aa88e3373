// SPDX-License-Identifier: Apache-2.0
// What a process for each call costs alone: `bare_spawn COUNT COMMAND` runs a shell command so many times, one after
// the other, and writes the microseconds that each took on average.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const int count = std::atoi(argv[1]);
    std::string shell = "sh";
    std::string option = "-c";
    char* words[] = {shell.data(), option.data(), argv[2], nullptr};
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
        pid_t child = 0;
        if (::posix_spawn(&child, "/bin/sh", nullptr, nullptr, words, environ) != 0) return 1;
        if (::waitpid(child, nullptr, 0) != child) return 1;
    }
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    std::cout << took.count() / count << '\n';
}
