// SPDX-License-Identifier: Apache-2.0
#include "malla/base/descriptor.hpp"
#include "malla/service/process_run.hpp"
#include "malla/service/supervisor.hpp"
#include "service/stage.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace malla {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::HasSubstr;
using testing::IsEmpty;

/// A named pipe, whose writers the kernel counts: it ends when the last of them has ended.
class Pipe {
public:
    Pipe() {
        EXPECT_EQ(::mkfifo(path().c_str(), 0600), 0);
        end_ = Descriptor{::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
        EXPECT_TRUE(end_.is_open());
    }
    ~Pipe() { std::filesystem::remove_all(directory_); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    std::string path() const { return directory_ + "/pipe"; }
    const std::string& directory() const { return directory_; }
    /// A shell that has the pipe as descriptor 3.
    Child shell(const std::string& script) const {
        return Child::process("sh", {"sh", "-c", "exec 3>" + path() + "; " + script});
    }
    /// The next line; empty when all writers have ended.
    std::string line() {
        std::string text;
        char next = 0;
        while (read(next) && next != '\n') text += next;
        return text;
    }
    /// Whether all writers end, and write nothing before.
    bool ends() {
        char next = 0;
        return !read(next) && !late_;
    }

private:
    static std::string make_directory() {
        std::string name = testing::TempDir() + "malla_supervisor_XXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        return name;
    }
    bool read(char& next) {
        pollfd polled{end_.get(), POLLIN, 0};
        late_ = ::poll(&polled, 1, 60'000) != 1;
        return !late_ && ::read(end_.get(), &next, 1) == 1;
    }

    std::string directory_ = make_directory();
    Descriptor end_;
    bool late_ = false;
};

const std::string for_ever = "while :; do sleep 1000 & wait; done";
/// A process with a child of its own, both deaf to SIGTERM.
const std::string deaf = "trap '' TERM; (echo on >&3; " + for_ever + ") & " + for_ever;

TEST(Supervisor, DoesNotRestartAProcessThatExitsWithZero) {
    Pipe pipe;
    Supervisor supervisor{"Shell", {.children = {pipe.shell("echo hello >&3")}}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());

    EXPECT_EQ(pipe.line(), "hello");
    EXPECT_TRUE(pipe.ends());
    EXPECT_TRUE(eventually([&] { return !state_of(supervisor, "sh").running; }));
    EXPECT_EQ(state_of(supervisor, "sh").restarts, 0u);
    EXPECT_EQ(state_of(supervisor, "sh").pid, 0);
}

TEST(Supervisor, RestartsAProcessThatExitsWithAnErrorUntilItIsTooMuch) {
    Pipe pipe;
    const Descriptor writer{::open(pipe.path().c_str(), O_WRONLY | O_CLOEXEC)}; // it does not end between two runs
    GivenUp given_up;
    const Children all{.children = {pipe.shell("echo run >&3; exit 3")}, .window = 1h};
    Supervisor supervisor{"Shell", all, {}, given_up.listener()};
    ASSERT_TRUE(supervisor.start());

    const std::string why = "child 'sh' of plugin Shell ended again after 3 restarts within 1h: exit status 3";
    EXPECT_EQ(given_up.status().info(), why);
    for (int run = 0; run < 4; ++run) EXPECT_EQ(pipe.line(), "run");
}

TEST(Supervisor, RestartsAProcessThatSomebodyKills) {
    Pipe pipe;
    const Descriptor writer{::open(pipe.path().c_str(), O_WRONLY | O_CLOEXEC)};
    Supervisor supervisor{"Shell", {.children = {pipe.shell("echo $$ >&3; " + for_ever)}}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    const std::string first = pipe.line();
    ASSERT_EQ(first, std::to_string(state_of(supervisor, "sh").pid));

    ASSERT_EQ(::kill(std::stoi(first), SIGKILL), 0);
    const std::string second = pipe.line();
    EXPECT_NE(second, first);
    EXPECT_TRUE(eventually([&] { return state_of(supervisor, "sh").restarts == 1; }));
    EXPECT_EQ(second, std::to_string(state_of(supervisor, "sh").pid));
    EXPECT_EQ(state_of(supervisor, "sh").kind, ChildKind::process);
}

TEST(Supervisor, AsksAProcessToStopBySigterm) {
    Pipe pipe;
    const std::string script = "trap 'echo asked >&3; exit 5' TERM; echo on >&3; " + for_ever;
    Supervisor supervisor{"Shell", {.children = {pipe.shell(script)}, .stop_limit = 24h}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    ASSERT_EQ(pipe.line(), "on");

    EXPECT_THAT(supervisor.stop(soon()), IsEmpty());
    EXPECT_EQ(pipe.line(), "asked");
    EXPECT_TRUE(pipe.ends());
}

TEST(Supervisor, KillsAProcessThatIgnoresSigtermWithItsWholeGroupAtTheDeadline) {
    Pipe pipe;
    Supervisor supervisor{"Shell", {.children = {pipe.shell(deaf)}, .stop_limit = 24h}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    ASSERT_EQ(pipe.line(), "on");

    EXPECT_THAT(supervisor.stop(Deadline::in(10ms)), IsEmpty());
    EXPECT_TRUE(pipe.ends());
    EXPECT_FALSE(state_of(supervisor, "sh").running);
}

TEST(Supervisor, KillsAProcessThatIgnoresSigtermAtItsLimitWhenDestroyed) {
    Pipe pipe;
    {
        Supervisor supervisor{"Shell", {.children = {pipe.shell(deaf)}, .stop_limit = 10ms}, {}, never_gives_up()};
        ASSERT_TRUE(supervisor.start());
        ASSERT_EQ(pipe.line(), "on");
    }
    EXPECT_TRUE(pipe.ends());
}

TEST(Supervisor, KillsAProcessThatIgnoresSigtermWhenItIsToBeRestarted) {
    Pipe pipe;
    const Descriptor writer{::open(pipe.path().c_str(), O_WRONLY | O_CLOEXEC)};
    Stage stage;
    const Children all{
        .children = {stage.actor("a"), pipe.shell(deaf)}, .strategy = Strategy::rest_for_one, .stop_limit = 500ms};
    Supervisor supervisor{"Shell", all, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());
    ASSERT_EQ(pipe.line(), "on");

    stage.crash("a");
    EXPECT_EQ(pipe.line(), "on");
    EXPECT_TRUE(eventually([&] { return state_of(supervisor, "sh").restarts == 1; }));
}

TEST(Supervisor, KillsWhatAProcessLeavesInItsGroup) {
    Pipe pipe;
    Supervisor supervisor{"Shell", {.children = {pipe.shell("(" + for_ever + ") & exit 0")}}, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());

    EXPECT_TRUE(eventually([&] { return !state_of(supervisor, "sh").running; }));
    EXPECT_TRUE(pipe.ends());
}

TEST(Supervisor, StartsAProcessInItsDirectoryWithItsEnvironmentAndWithoutInput) {
    Pipe pipe;
    ASSERT_EQ(::setenv("MALLA_TEST_INHERITED", "mine", 1), 0);
    ASSERT_EQ(::setenv("MALLA_TEST_CHANGED", "mine", 1), 0);
    const std::string script = "cat; exec 3>pipe; echo $MALLA_TEST_INHERITED $MALLA_TEST_CHANGED >&3";
    const ProcessOptions options{.directory = pipe.directory(), .environment = {"MALLA_TEST_CHANGED=yours"}};
    const Children all{.children = {Child::process("sh", {"sh", "-c", script}, options)}};
    Supervisor supervisor{"Shell", all, {}, never_gives_up()};
    ASSERT_TRUE(supervisor.start());

    EXPECT_EQ(pipe.line(), "mine yours");
}

TEST(Supervisor, GivesUpWhenAProcessCannotBeStartedAgain) {
    Pipe pipe;
    GivenUp given_up;
    const std::string program = pipe.directory() + "/program";
    std::ofstream{program} << "#!/bin/sh\nexec 3>" << pipe.path() << "\necho $$ >&3\n" << for_ever << "\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    const Children all{.children = {Child::process("sh", {program})}, .window = 1h};
    Supervisor supervisor{"Shell", all, {}, given_up.listener()};
    ASSERT_TRUE(supervisor.start());
    const std::string pid = pipe.line();

    std::filesystem::remove(program);
    ASSERT_EQ(::kill(std::stoi(pid), SIGKILL), 0);
    EXPECT_THAT(given_up.status().info(), HasSubstr("cannot be started: No such file or directory"));
}

TEST(Supervisor, LeavesTheExitStatusOfOtherProcessesAlone) {
    Pipe pipe;
    const pid_t other = ::fork();
    if (other == 0) ::_exit(9);
    {
        Supervisor supervisor{"Shell", {.children = {pipe.shell("true")}}, {}, never_gives_up()};
        ASSERT_TRUE(supervisor.start());
        EXPECT_TRUE(eventually([&] { return !state_of(supervisor, "sh").running; }));
    }
    int status = 0;
    EXPECT_EQ(::waitpid(other, &status, 0), other);
    EXPECT_EQ(WEXITSTATUS(status), 9);
}

TEST(Supervisor, StartsNoProcessInAProgramThatIgnoresTheEndOfItsChildren) {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    Supervisor supervisor{"Shell", {.children = {Child::process("sh", {"true"})}}, {}, never_gives_up()};
    const auto started = supervisor.start();
    std::signal(SIGCHLD, before);

    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().info(), HasSubstr("this program ignores SIGCHLD"));
}

TEST(ProcessRun, HasCrashedWhenSomebodyElseTookItsExitStatus) {
    const auto run = ProcessRun::start({"true"}, {});
    ASSERT_TRUE(run);
    ASSERT_EQ(::waitpid((*run)->pid(), nullptr, 0), (*run)->pid());

    EXPECT_EQ((*run)->finish(), "somebody else in this program took its exit status");
    EXPECT_EQ((*run)->pid(), 0);
}

} // namespace
} // namespace malla
