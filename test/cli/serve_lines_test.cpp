// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_lines.hpp"

#include "cli/support.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <sstream>
#include <thread>
#include <vector>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using testing::HasSubstr;

class ServeLines : public testing::Test {
protected:
    void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
};

std::string text_of(const Result<std::string>& result) { return result ? *result : result.error().text(); }

Deadline soon() { return Deadline::in(30s); }

TEST_F(ServeLines, AreAnsweredByOneProcess) {
    LinesService service{{.command = {.command = "while read -r line; do echo \"$$ $line\"; done"}}};
    const std::string first = text_of(service.call("a", soon()));
    const std::string second = text_of(service.call("b", soon()));
    EXPECT_THAT(first, HasSubstr(" a"));
    EXPECT_THAT(second, HasSubstr(" b"));
    EXPECT_EQ(first.substr(0, first.find(' ')), second.substr(0, second.find(' ')));
}

TEST_F(ServeLines, OfManyThreadsGetEachItsOwnAnswer) {
    LinesService service{{.command = {.command = "cat"}}};
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 2000; ++i) {
                const std::string line = std::to_string(t) + ' ' + std::to_string(i);
                if (text_of(service.call(line, soon())) != line) ++wrong;
            }
        });
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

TEST_F(ServeLines, MayBeLargerThanPipesHold) {
    LinesService service{{.command = {.command = "cat"}}};
    const std::string large(3 << 20, 'x');
    EXPECT_TRUE(text_of(service.call(large, soon())) == large);
    EXPECT_EQ(text_of(service.call("", soon())), "");
}

TEST_F(ServeLines, HaveNoBreakInside) {
    LinesService service{{.command = {.command = "cat"}}};
    EXPECT_EQ(service.call("a\nb", soon()).error().id(), "parameter_invalid");
}

TEST_F(ServeLines, ThatACrashTookAreUnknownAndTheNextIsAnsweredByANewProcess) {
    LinesService service{
        {.command = {.command = "while read -r line; do case $line in die) kill -9 $$;; esac; echo \"$line\"; done"}}};
    EXPECT_EQ(text_of(service.call("a", soon())), "a");
    const auto lost = service.call("die", soon());
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().outcome(), Outcome::unknown);
    EXPECT_THAT(lost.error().info(), HasSubstr("signal 9"));
    EXPECT_EQ(text_of(service.call("b", soon())), "b");
}

TEST_F(ServeLines, AreUnknownWhenTheCommandEndsInOrder) {
    LinesService service{{.command = {.command = "read line; exit 3"}}};
    const auto lost = service.call("a", soon());
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().outcome(), Outcome::unknown);
    EXPECT_THAT(lost.error().info(), HasSubstr("exit status 3"));
}

TEST_F(ServeLines, OfAProgramThatIsNotThereAreRefusedUntilItIs) {
    const TemporaryFolder folder;
    const auto program = folder.path() / "program";
    LinesService service{{.command = {.command = "exec " + program.string(), .banner_time = 3s}, .workers = 2}};
    const auto begun = Clock::now();
    for (int i = 0; i < 100; ++i) {
        const auto refused = service.call("a", Deadline::in(300s));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().id(), "command_failed");
        EXPECT_EQ(refused.error().outcome(), Outcome::not_run);
        EXPECT_THAT(refused.error().info(), HasSubstr("exit status 127: its shell found nothing to run"));
    }
    EXPECT_LT(Clock::now() - begun, 20s); // to wait for each new start took minutes
    std::filesystem::copy_file("/bin/cat", program);
    EXPECT_TRUE(eventually([&] { return text_of(service.call("a", soon())) == "a"; }));
}

TEST_F(ServeLines, WaitForACommandThatFailsAndIsStartedAgain) {
    const TemporaryFolder folder;
    const std::string tries = (folder.path() / "tries").string();
    LinesService service{{.command = {.command = "echo >>" + tries + "; [ $(wc -l <" + tries + ") -gt 3 ] && exec cat",
                                      .banner_time = 3s}}};
    EXPECT_EQ(text_of(service.call("a", soon())), "a");
}

TEST_F(ServeLines, EndAtTheLimitWithTheProcess) {
    LinesService service{
        {.command = {.command = "while read -r line; do case $line in slow) sleep 300;; esac; echo \"$line\"; done",
                     .limit = 2s}}};
    const auto lost = service.call("slow", soon());
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().info(), HasSubstr("limit of 2s"));
    EXPECT_EQ(text_of(service.call("b", soon())), "b");
}

TEST_F(ServeLines, EndAtTheirDeadlineWithTheProcessAndTheNextIsAnsweredByANewOne) {
    LinesService service{
        {.command = {.command = "while read -r line; do case $line in x*) echo \"$line\";; esac; done"}}};
    std::string end = "expired";
    for (auto limit = 100ms; end == "expired"; limit *= 2) { // until it is written in time
        const auto unanswered = service.call("a", Deadline::in(limit));
        ASSERT_FALSE(unanswered);
        end = unanswered.error().id();
    }
    EXPECT_EQ(end, "deadline_exceeded");
    for (const char* line : {"x1", "x2"}) EXPECT_EQ(text_of(service.call(line, soon())), line);
}

TEST_F(ServeLines, EndWhenTheyAreCancelledWithTheProcess) {
    const TemporaryFolder folder;
    const auto begun = folder.path() / "begun";
    LinesService service{{.command = {.command = "while read -r line; do case $line in hang) touch " + begun.string() +
                                                 "; sleep 300;; esac; echo \"$line\"; done"}}};
    Result<std::string> result = std::string{};
    std::jthread caller{[&](const std::stop_token& stop) { result = service.call("hang", soon(), stop); }};
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(begun); }));
    caller.request_stop();
    caller.join();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().outcome(), Outcome::unknown);
    EXPECT_THAT(result.error().info(), HasSubstr("stopped"));
    EXPECT_EQ(text_of(service.call("b", soon())), "b");
}

TEST_F(ServeLines, ThatWereNotWrittenGoToTheNextProcess) {
    const TemporaryFolder folder;
    const auto begun = folder.path() / "begun";
    LinesService service{{.command = {.command = "while read -r line; do case $line in hang) touch " + begun.string() +
                                                 "; sleep 300;; esac; echo \"$line\"; done"}}};
    std::jthread hung{[&] { EXPECT_FALSE(service.call("hang", Deadline::in(2s))); }};
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(begun); }));
    EXPECT_EQ(text_of(service.call("b", soon())), "b"); // behind it
}

TEST_F(ServeLines, AreNotWrittenAfterTheirDeadline) {
    const TemporaryFolder folder;
    const auto seen = folder.path() / "seen";
    const auto gate = folder.path() / "gate";
    LinesService service{
        {.command = {.command = "while read -r line; do echo \"$line\" >>" + seen.string() + "; until [ -e " +
                                gate.string() + " ]; do sleep 0.01; done; echo \"$line\"; done"}}};
    std::jthread first{[&] { EXPECT_EQ(text_of(service.call("first", soon())), "first"); }};
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(seen); }));
    const auto late = service.call("late", Deadline::in(20ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().id(), "expired");
    folder.write("gate", "");
    EXPECT_EQ(text_of(service.call("last", soon())), "last");
    std::stringstream text;
    text << std::ifstream{seen}.rdbuf();
    EXPECT_EQ(text.str(), "first\nlast\n");
}

TEST_F(ServeLines, OfACommandThatWritesTwoGetNeverAnAnswerOfAnother) {
    LinesService service{{.command = {.command = "while read -r line; do printf \"$line 1\\n$line 2\\n\"; done"}}};
    for (const std::string line : {"a", "b", "c", "d"}) EXPECT_EQ(text_of(service.call(line, soon())), line + " 1");
}

TEST_F(ServeLines, AreNotAnsweredByWhatACommandSaysAtItsStart) {
    for (const std::string banner : {"echo ready", "printf '> '"}) {
        LinesService service{{.command = {.command = banner + "; exec cat", .banner_time = 60s}}};
        const auto is_told = [&] { // unless a command has just begun, of which nothing is known
            const auto refused = service.call("a", Deadline::in(300ms));
            EXPECT_TRUE(!refused && refused.error().outcome() == Outcome::not_run) << text_of(refused);
            return text_of(refused).find("out of step: it wrote \"") != std::string::npos;
        };
        EXPECT_TRUE(eventually(is_told)) << banner;
    }
}

TEST_F(ServeLines, ThatComeBetweenCallsMakeANewProcessAnswer) {
    const TemporaryFolder folder;
    const auto gate = folder.path() / "gate";
    LinesService service{
        {.command = {.command = "echo_late() { until [ -e " + gate.string() + " ]; do sleep 0.01; done; rm " +
                                gate.string() + "; echo late; }; read -r line; echo \"$$\"; echo_late; exec cat"}}};
    const std::string first = text_of(service.call("a", soon()));
    folder.write("gate", "");
    // Until the surplus line is read, nothing tells that it will come.
    ASSERT_TRUE(eventually([&] { return !std::filesystem::exists("/proc/" + first); }));
    EXPECT_NE(text_of(service.call("b", soon())), "late");
}

TEST_F(ServeLines, GoToAFreeProcessFirst) {
    const TemporaryFolder folder;
    const auto begun = folder.path() / "begun";
    LinesService service{{.command = {.command = "while read -r line; do case $line in hang) touch " + begun.string() +
                                                 "; sleep 300;; esac; echo \"$line\"; done"},
                          .workers = 2}};
    std::jthread hung{[&](const std::stop_token& stop) { EXPECT_FALSE(service.call("hang", soon(), stop)); }};
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(begun); }));
    for (int i = 0; i < 100; ++i) ASSERT_EQ(text_of(service.call("b", Deadline::in(20s))), "b");
    hung.request_stop();
}

TEST_F(ServeLines, ThatComeTogetherAreSharedAmongProcesses) {
    const TemporaryFolder folder;
    const std::string all = folder.path().string();
    LinesService service{{.command = {.command = "while read -r line; do touch " + all + "/$$; until [ $(ls " + all +
                                                 " | wc -l) = 4 ]; do sleep 0.01; done; echo; done"},
                          .workers = 4}};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { EXPECT_EQ(text_of(service.call("a", soon())), ""); });
}

TEST_F(ServeLines, AreRefusedWhenTooManyWait) {
    const TemporaryFolder folder;
    const auto begun = folder.path() / "begun";
    const auto gate = folder.path() / "gate";
    LinesService service{{.command = {.command = "read -r line; touch " + begun.string() + "; until [ -e " +
                                                 gate.string() + " ]; do sleep 0.01; done; echo \"$line\""},
                          .max_calls = 1}};
    std::jthread holder{[&] { EXPECT_EQ(text_of(service.call("a", soon())), "a"); }};
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(begun); }));

    const auto refused = service.call("b", soon());

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().id(), "busy");
    folder.write("gate", "");
}

TEST_F(ServeLines, KillTheCommandAtTheirEnd) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "pid";
    {
        LinesService service{{.command = {.command = "echo $$ >" + file.string() + "; exec cat"}}};
        EXPECT_EQ(text_of(service.call("a", soon())), "a");
    }
    std::string pid;
    std::ifstream{file} >> pid;
    ASSERT_FALSE(pid.empty());
    EXPECT_FALSE(std::filesystem::exists("/proc/" + pid));
}

} // namespace
} // namespace malla::cli
