// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_lines.hpp"

#include "cli/support.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
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
    LinesService service{{.command = "while read -r line; do echo \"$$ $line\"; done"}};
    const std::string first = text_of(service.call("a", soon()));
    const std::string second = text_of(service.call("b", soon()));
    EXPECT_THAT(first, HasSubstr(" a"));
    EXPECT_THAT(second, HasSubstr(" b"));
    EXPECT_EQ(first.substr(0, first.find(' ')), second.substr(0, second.find(' ')));
}

TEST_F(ServeLines, OfManyThreadsGetEachItsOwnAnswer) {
    LinesService service{{.command = "cat"}};
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
    LinesService service{{.command = "cat"}};
    const std::string large(3 << 20, 'x');
    EXPECT_TRUE(text_of(service.call(large, soon())) == large);
    EXPECT_EQ(text_of(service.call("", soon())), "");
}

TEST_F(ServeLines, HaveNoBreakInside) {
    LinesService service{{.command = "cat"}};
    EXPECT_EQ(service.call("a\nb", soon()).error().id(), "parameter_invalid");
}

TEST_F(ServeLines, ThatACrashTookAreUnknownAndTheNextIsAnsweredByANewProcess) {
    LinesService service{
        {.command = "while read -r line; do case $line in die) kill -9 $$;; esac; echo \"$line\"; done"}};
    EXPECT_EQ(text_of(service.call("a", soon())), "a");
    const auto lost = service.call("die", soon());
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().outcome(), Outcome::unknown);
    EXPECT_THAT(lost.error().info(), HasSubstr("signal 9"));
    EXPECT_EQ(text_of(service.call("b", soon())), "b");
}

TEST_F(ServeLines, AreUnknownWhenTheCommandEndsInOrder) {
    LinesService service{{.command = "read line; exit 3"}};
    const auto lost = service.call("a", soon());
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().outcome(), Outcome::unknown);
    EXPECT_THAT(lost.error().info(), HasSubstr("exit status 3"));
}

TEST_F(ServeLines, EndAtTheLimitWithTheProcess) {
    LinesService service{
        {.command = "while read -r line; do case $line in slow) sleep 300;; esac; echo \"$line\"; done",
         .limit = 200ms}};
    const auto lost = service.call("slow", soon());
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().info(), HasSubstr("limit of 200ms"));
    EXPECT_EQ(text_of(service.call("b", soon())), "b");
}

TEST_F(ServeLines, EndAtTheirDeadlineAndKeepTheOrder) {
    const TemporaryFolder folder;
    const auto gate = folder.path() / "gate";
    LinesService service{
        {.command = "read -r line; until [ -e " + gate.string() + " ]; do sleep 0.01; done; echo \"$line\"; exec cat"}};
    const auto late = service.call("late", Deadline::in(100ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().id(), "deadline_exceeded");
    folder.write("gate", "");
    EXPECT_EQ(text_of(service.call("next", soon())), "next"); // not the answer to the line before
}

TEST_F(ServeLines, AreRefusedWhenTooManyWait) {
    const TemporaryFolder folder;
    const auto begun = folder.path() / "begun";
    const auto gate = folder.path() / "gate";
    LinesService service{{.command = "read -r line; touch " + begun.string() + "; until [ -e " + gate.string() +
                                     " ]; do sleep 0.01; done; echo \"$line\"",
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
        LinesService service{{.command = "echo $$ >" + file.string() + "; exec cat"}};
        EXPECT_EQ(text_of(service.call("a", soon())), "a");
    }
    std::string pid;
    std::ifstream{file} >> pid;
    ASSERT_FALSE(pid.empty());
    EXPECT_FALSE(std::filesystem::exists("/proc/" + pid));
}

} // namespace
} // namespace malla::cli
