// SPDX-License-Identifier: Apache-2.0
#include "cli/guardian.hpp"

#include "malla/base/process.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include <sys/wait.h>

namespace malla::cli {
namespace {

/// A process group that does not end by itself.
class Group {
public:
    Group() {
        ProcessStart start;
        EXPECT_EQ(start.run(pid, {"sleep", "300"}), 0);
    }
    ~Group() {
        ::kill(-pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    [[nodiscard]] bool has_ended() const {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid;
    }

    pid_t pid = -1;
};

TEST(Guardian, KillsTheGroupsThatAreLeftAtItsEndAndNotTheReleased) {
    const Group left;
    const Group released;
    {
        const auto guardian = Guardian::start(2);
        ASSERT_TRUE(guardian) << guardian.error().text();
        EXPECT_TRUE((*guardian)->guard(left.pid));
        EXPECT_TRUE((*guardian)->guard(released.pid));
        (*guardian)->release(released.pid);
    }
    EXPECT_TRUE(test::eventually([&] { return left.has_ended(); }));
    EXPECT_FALSE(released.has_ended());
}

TEST(Guardian, HasRoomForSoManyAtOnce) {
    const Group one;
    const Group other;
    const auto guardian = Guardian::start(1);
    ASSERT_TRUE(guardian) << guardian.error().text();
    EXPECT_TRUE((*guardian)->guard(one.pid));
    EXPECT_FALSE((*guardian)->guard(other.pid));
    (*guardian)->release(one.pid);
    EXPECT_TRUE((*guardian)->guard(other.pid));
}

TEST(Guardian, KillsTheGroupsOfAProcessThatIsKilled) {
    const Group group;
    const pid_t process = ::fork();
    if (process == 0) {
        const auto guardian = Guardian::start(1);
        if (!guardian || !(*guardian)->guard(group.pid)) ::_exit(1);
        ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(process, &status, 0), process);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(test::eventually([&] { return group.has_ended(); }));
}

} // namespace
} // namespace malla::cli
