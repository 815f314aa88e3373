// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_exec.hpp"

#include "cli/pipes.hpp"
#include "cli/support.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using testing::HasSubstr;

class Exec : public testing::Test {
protected:
    void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
};

Result<std::string> run(const std::string& command, std::string_view input = "") {
    ExecService service{{.command = command}};
    return service.run(input, Deadline::in(30s), {});
}

std::string failure(const Result<std::string>& result) { return result ? "success" : result.error().text(); }

TEST_F(Exec, GivesTheOutputLessOneNewline) {
    EXPECT_EQ(*run("tr a-z A-Z", "hello"), "HELLO");
    EXPECT_EQ(*run("echo; echo a; echo"), "\na\n");
    EXPECT_EQ(*run("true"), "");
    EXPECT_EQ(*run("printf 'a\\0b'"), std::string("a\0b", 3));
}

TEST_F(Exec, FeedsAndCollectsMoreThanPipesHold) {
    const std::string large(3 << 20, 'x');
    EXPECT_EQ(*run("cat", large), large);
    EXPECT_EQ(*run("cat >&2; echo done", large), "done");
    EXPECT_EQ(*run("head -c 3", large), "xxx"); // does not read it all
    EXPECT_EQ(*run("exec <&-; echo closed", large), "closed");
}

TEST_F(Exec, FailsWithTheStandardErrorOfTheCommand) {
    const auto failed = run("echo no such thing >&2; exit 3");
    EXPECT_EQ(failure(failed), "command_failed (500): The command failed: no such thing");
    EXPECT_EQ(failed.error().data().at("end"), "exit status 3");
    EXPECT_EQ(failed.error().outcome(), Outcome::answered);
    EXPECT_THAT(failure(run("exit 4")), HasSubstr("exit status 4"));
    EXPECT_THAT(failure(run("kill -9 $$")), HasSubstr("signal 9 (Killed)"));
    EXPECT_THAT(failure(run("/nonexistent/program")), HasSubstr("not found"));
}

TEST_F(Exec, KeepsTheEndOfALongStandardError) {
    const auto failed = run("seq 1 100000 >&2; exit 1");
    ASSERT_FALSE(failed);
    EXPECT_LT(failed.error().info().size(), 5000U);
    EXPECT_TRUE(failed.error().info().ends_with("99999\n100000"));
}

TEST_F(Exec, BoundsTheOutput) {
    ExecService service{{.command = "yes", .max_output_bytes = 100'000}};
    EXPECT_THAT(failure(service.run("", Deadline::in(30s), {})), HasSubstr("larger than 100000 bytes"));
}

/// Whether the process has ended: nothing of it is left but, until its parent asks, its number.
bool has_ended(const std::string& pid) {
    std::ifstream stat{"/proc/" + pid + "/stat"};
    std::string text{std::istreambuf_iterator<char>{stat}, {}};
    return text.empty() || text.find(") Z ") != std::string::npos;
}

TEST_F(Exec, KillsTheWholeGroupAtTheLimit) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "pid";
    ExecService service{{.command = "sleep 300 & echo $! >" + file.string() + "; wait", .limit = 2s}};

    EXPECT_THAT(failure(service.run("", Deadline::in(30s), {})), HasSubstr("limit of 2s"));

    std::string pid;
    std::ifstream{file} >> pid;
    ASSERT_FALSE(pid.empty());
    EXPECT_TRUE(eventually([&] { return has_ended(pid); }));
}

/// A command that does not end by itself, one process at a time. Each adds a byte to a file when it begins.
class Endless {
public:
    [[nodiscard]] std::uintmax_t begun() const {
        std::error_code none;
        const auto size = std::filesystem::file_size(file_, none);
        return none ? 0 : size;
    }

private:
    const TemporaryFolder folder_;
    const std::filesystem::path file_ = folder_.path() / "begun";

public:
    ExecService service{{.command = "echo >>" + file_.string() + "; exec tail -f /dev/null"}};
};

/// A call to it on a thread of its own.
struct Held {
    explicit Held(ExecService& service)
        : thread{[this, &service](const std::stop_token& stop) { result = service.run("", Deadline::in(30s), stop); }} {
    }
    [[nodiscard]] Result<std::string>& stop() {
        thread.request_stop();
        thread.join();
        return result;
    }

    Result<std::string> result = std::string{};
    std::jthread thread;
};

TEST_F(Exec, EndsAtTheDeadline) {
    Endless endless;
    EXPECT_THAT(failure(endless.service.run("", Deadline::in(50ms), {})), HasSubstr("deadline"));
}

TEST_F(Exec, EndsWhenItIsStopped) {
    Endless endless;
    Held held{endless.service};
    ASSERT_TRUE(eventually([&] { return endless.begun() == 1; }));
    EXPECT_THAT(failure(held.stop()), HasSubstr("stopped"));
}

TEST_F(Exec, DoesNotWaitForWhatTheCommandLeavesBehind) { EXPECT_EQ(*run("sleep 300 & echo started"), "started"); }

TEST_F(Exec, GivesTheCommandNeitherDescriptorsNorIgnoredSignals) {
    Pipe pipe;                                        // ignores SIGPIPE here
    EXPECT_EQ(*run("ls /proc/self/fd | wc -l"), "4"); // the three, and the folder itself
    EXPECT_EQ(*run("yes | head -1"), "y");
}

TEST_F(Exec, TellsTheCommandTheTimeThatIsLeftAndWhatItIsGiven) {
    const auto left_ms = [](ExecService::Options options) {
        ExecService service{std::move(options)};
        return std::stol(*service.run("", Deadline::in(30s), {}));
    };
    const std::string command = "echo $MALLA_DEADLINE_MS";
    EXPECT_THAT(left_ms({.command = command}), testing::AllOf(testing::Gt(0), testing::Le(30'000)));
    EXPECT_LE(left_ms({.command = command, .limit = 20s}), 20'000);
    ExecService service{{.command = "echo \"$GIVEN $HOME\""}};
    const std::vector<std::string> given{"GIVEN=a b", "HOME=here"};
    EXPECT_EQ(*service.run("", Deadline::in(30s), {}, given), "a b here");
}

TEST_F(Exec, RunsAsManyAsAllowed) {
    Endless endless;
    const Held holder{endless.service};
    ASSERT_TRUE(eventually([&] { return endless.begun() == 1; }));

    EXPECT_EQ(endless.service.run("", Deadline::in(20ms), {}).error().id(), "expired");
    EXPECT_EQ(endless.begun(), 1U);
}

TEST_F(Exec, NoCommandBeginsForACallThatWasCancelledBeforeItsTurn) {
    Endless endless;
    Held holder{endless.service};
    ASSERT_TRUE(eventually([&] { return endless.begun() == 1; }));
    Held waiter{endless.service};

    EXPECT_EQ(waiter.stop().error().id(), "cancelled");
    EXPECT_THAT(failure(holder.stop()), HasSubstr("stopped"));
    EXPECT_EQ(endless.begun(), 1U);
}

TEST_F(Exec, WaitsAsLongAsItMay) {
    ExecService service{{.command = "cat"}};
    EXPECT_EQ(*service.run("a", Deadline{Clock::time_point::max()}, {}), "a");
}

} // namespace
} // namespace malla::cli
