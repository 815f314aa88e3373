// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include "cli/pipes.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <memory>

#include <unistd.h>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class ProgressTest : public ::testing::Test {
protected:
    std::string told() {
        pipe.close_in();
        return pipe.read_all();
    }

    const Clock::time_point began = Clock::now();
    Pipe pipe;
};

TEST_F(ProgressTest, IsToldOnceASecondAndAtTheEnd) {
    Progress progress{pipe.in(), std::nullopt, began};
    for (std::uint64_t line = 1; line <= 5; ++line) progress.count(false, 10 * line);
    progress.report(began + 999ms);
    progress.report(began + 1s);
    progress.report(began + 1999ms);
    progress.count(false, 60);
    progress.finish(began + 2s);

    EXPECT_EQ(told(), "5 lines, 5/s\n6 lines, 3/s\n");
}

TEST_F(ProgressTest, CountsWhatFailed) {
    Progress progress{pipe.in(), std::nullopt, began};
    progress.count(true, 10);
    progress.count(false, 20);
    progress.report(began + 1s);

    EXPECT_EQ(told(), "2 lines, 2/s, 1 failed\n");
}

TEST_F(ProgressTest, OfAnInputWhoseSizeIsKnownTellsTheTimeThatIsLeft) {
    Progress progress{pipe.in(), 1010, began};
    progress.count(false, 10);
    progress.count(false, 260); // a quarter of what is behind the first
    progress.report(began + 10s);
    progress.count(false, 1010);
    progress.finish(began + 20s);

    EXPECT_EQ(told(), "2 lines, 0/s, 30s left\n3 lines, 0/s\n");
}

TEST_F(ProgressTest, DoesNotCountTheInputThatWasLeftOutAsDone) {
    Progress progress{pipe.in(), 2000, began};
    progress.count(false, 1000); // the lines before were left out
    progress.count(false, 1500);
    progress.report(began + 5s);

    EXPECT_THAT(told(), HasSubstr("5s left"));
}

TEST_F(ProgressTest, KnowsHowMuchOfAFileIsLeft) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
    ASSERT_EQ(::write(::fileno(file.get()), "123456", 6), 6);
    ASSERT_EQ(::lseek(::fileno(file.get()), 2, SEEK_SET), 2);
    EXPECT_EQ(bytes_left(::fileno(file.get())), 4U);
    EXPECT_EQ(bytes_left(pipe.out()), std::nullopt);
}

} // namespace
} // namespace malla::cli
