// SPDX-License-Identifier: Apache-2.0
#include "transport/support.hpp"

#include <cstdlib>

#include <sys/wait.h>

namespace malla::transport::test {
namespace {

/// Each ends in a child process, since it ends the process's ZeroMQ context with it.
class ProcessExit : public testing::Test {
protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
    void TearDown() override { EXPECT_LT(Clock::now() - started_, patience); }

private:
    Clock::time_point started_ = Clock::now();
};

/// Leaves messages in the queue of a peer that does not read.
void fill(const Pair& pair) {
    const std::string bytes(100'000, 'x');
    while (pair.router->send_to(pair.peer, std::string_view{bytes}) == Sent::sent) {
    }
}

TEST_F(ProcessExit, IsAtOnceWithUnsentMessagesOfClosedSockets) {
    EXPECT_EXIT(
        {
            { fill(Pair{}); }
            std::exit(7);
        },
        testing::ExitedWithCode(7), "");
}

TEST_F(ProcessExit, IsAtOnceWithSocketsStillOpen) {
    EXPECT_EXIT(
        {
            const Pair pair;
            fill(pair);
            std::exit(7);
        },
        testing::ExitedWithCode(7), "");
}

TEST_F(ProcessExit, WaitsForAFlushAsLongAsItWasGiven) {
    EXPECT_EXIT(
        {
            const Pair pair;
            fill(pair);
            pair.router->close(300ms);
            std::exit(7);
        },
        testing::ExitedWithCode(7), "");
}

TEST_F(ProcessExit, OfAForkedChildLeavesTheParentAlone) {
    const Pair pair;
    const pid_t child = fork();
    if (child == 0) std::_Exit(0);
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);

    ASSERT_EQ(pair.dealer->send("x"sv), Sent::sent);
    EXPECT_EQ(receive_one(*pair.router).bytes(), "x");
}

TEST(Flush, LetsTheLastMessageOut) {
    const auto router = open(Pattern::router);
    const auto endpoint = must(router->bind("tcp://127.0.0.1:*"));
    for (int i = 0; i < 50; ++i) {
        const auto dealer = open(Pattern::dealer);
        must(dealer->connect(endpoint));
        ASSERT_TRUE(send_when_connected(*dealer, std::string(100'000, 'x')));
        ASSERT_EQ(dealer->send("bye"sv), Sent::sent);
        dealer->close(patience);
        EXPECT_EQ(receive_one(*router).bytes().size(), 100'000U);
        EXPECT_EQ(receive_one(*router).bytes(), "bye");
    }
}

} // namespace
} // namespace malla::transport::test
